import { createLogger, Health, onStop, Repeated, startHttp } from '@caremesh/platform';
import type { INestApplicationContext } from '@nestjs/common';

import { compose, surroundingsOf } from './output-ports.module.js';
import type { Settings } from './settings.js';

const NAME = 'output-ports';

/** Runs the service; resolves when it listens. It stops in order: first what reads, the database last. */
export async function startOutputPorts(settings: Settings): Promise<INestApplicationContext> {
  const log = createLogger(NAME, settings.logLevel);
  const { database, surroundings } = await surroundingsOf(settings, log);
  const { watch, snapshots, uses, module } = compose(surroundings);
  const app = await startHttp(module, {
    environment: settings,
    name: NAME,
    log,
    ledger: () => surroundings.ledger,
    prepare: (made) => made.get(Health).setNotReady('governance'),
  });
  onStop(app, () => database.close());
  const looking = new Repeated({
    name: 'grants',
    everyMs: settings.grantsEveryMs,
    log,
    run: async () => {
      try {
        await watch.look();
      } finally {
        // One port that cannot be kept in step keeps nobody from the others.
        if (watch.isAnswered) app.get(Health).setReady();
      }
    },
  });
  const taking = new Repeated({
    name: 'snapshots',
    everyMs: settings.grantsEveryMs,
    log,
    run: () => snapshots.look(),
  });
  const telling = new Repeated({
    name: 'use of grants',
    everyMs: settings.usesEveryMs,
    log,
    run: () => uses.look(),
  });
  looking.start();
  taking.start();
  telling.start();
  onStop(app, () => {
    snapshots.stop();
    return taking.stop();
  });
  onStop(app, () => watch.stop());
  onStop(app, () => looking.stop());
  onStop(app, () => telling.stop());
  return app;
}
