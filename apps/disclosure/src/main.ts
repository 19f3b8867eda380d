import { governancePeer } from '@caremesh/product';
import 'reflect-metadata';

import {
  createLogger,
  eachAlone,
  Health,
  ledgerAt,
  loadConfig,
  onStop,
  Repeated,
  run,
  startHttp,
} from '@caremesh/platform';

import { compose, surroundingsOf } from './disclosure.module.js';
import { INDIVIDUAL_CARE, partOf } from './part.js';
import { disclosureEnvironment, paceOf } from './settings.js';

await run('disclosure', async () => {
  const settings = loadConfig(disclosureEnvironment);
  const part = partOf(settings.service);
  const log = createLogger(part.name, settings.logLevel);
  const { database, surroundings } = await surroundingsOf(settings, log);
  const { relay, keys, transport, lanes, watch, merges, leftovers, module, ...choices } =
    compose(surroundings);

  const app = await startHttp(module, {
    environment: settings,
    name: part.name,
    log,
    ledger: () => ledgerAt(governancePeer(settings)),
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
  onStop(app, () => lanes.stop());

  const looking = new Repeated({
    name: 'grants',
    everyMs: settings.grantsEveryMs,
    log,
    // What fails here leaves the views that are known going on.
    run: async () => {
      await keys.check();
      await watch.look();
      if (watch.isReading) app.get(Health).setReady();
      // Until then this thread reads all there is for them: the mesh is not to wait for more threads.
      lanes.start();
      await eachAlone([merges, leftovers], (work) => work.look());
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
      const { sweep, announcements, renamings } = choices;
      // The national data opt-out is no matter of individual care.
      const swept = part === INDIVIDUAL_CARE ? [] : [sweep];
      await eachAlone([...swept, announcements, renamings], (work) => work.look());
    },
  });
  for (const work of part === INDIVIDUAL_CARE ? [following] : [exchanging, following]) {
    work.start();
    onStop(app, () => work.stop());
  }
});
