import 'reflect-metadata';

import {
  createLogger,
  Health,
  ledgerAt,
  loadConfig,
  onStop,
  Repeated,
  run,
  startHttp,
} from '@caremesh/platform';

import { compose, surroundingsOf, tokensFor } from './disclosure.module.js';
import { disclosureEnvironment, paceOf } from './settings.js';

const NAME = 'disclosure';

await run(NAME, async () => {
  const settings = loadConfig(disclosureEnvironment);
  const log = createLogger(NAME, settings.logLevel);
  const { database, surroundings } = await surroundingsOf(settings, log);
  const { relay, keys, transport, watch, merges, module, ...choices } = compose(surroundings);

  const app = await startHttp(module, {
    environment: settings,
    name: NAME,
    log,
    ledger: () => ledgerAt(settings.governanceUrl, tokensFor(settings, 'mesh-api')),
    prepare: async (app) => {
      app.get(Health).setNotReady('governance');
      app.connectMicroservice({ strategy: transport });
      await app.startAllMicroservices();
    },
  });

  onStop(app, () => database.close());
  // A wrapping key that was changed takes effect by itself; if the store is away, the endpoint does it later.
  await keys.rewrap().catch((err: unknown) => {
    log.warn({ err }, 'Pseudonym keys could not be wrapped anew');
  });
  relay.start();
  onStop(app, () => relay.stop());

  const looking = new Repeated({
    name: 'grants',
    everyMs: settings.grantsEveryMs,
    log,
    // What fails here leaves the views that are known going on.
    run: async () => {
      await keys.check();
      await watch.look();
      await merges.look();
      app.get(Health).setReady();
    },
  });
  looking.start();
  onStop(app, () => looking.stop());

  const exchanging = new Repeated({
    name: 'check-service',
    everyMs: paceOf(settings).everyMs,
    log,
    run: () => choices.exchange.look(),
  });
  const following = new Repeated({
    name: 'choices',
    everyMs: settings.grantsEveryMs,
    log,
    run: async () => {
      await choices.sweep.look();
      await choices.announcements.look();
    },
  });
  for (const work of [exchanging, following]) {
    work.start();
    onStop(app, () => work.stop());
  }
});
