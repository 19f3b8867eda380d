import { createLogger, Health, onStop, Repeated, startHttp } from '@caremesh/platform';
import type { INestApplicationContext } from '@nestjs/common';

import { compose } from './monitor.module.js';
import type { Settings } from './settings.js';

const NAME = 'monitor';

/** Runs the monitor; resolves when it listens. It stops in order: first what reads, then what tells, the database last. */
export async function startMonitor(settings: Settings): Promise<INestApplicationContext> {
  const log = createLogger(NAME, settings.logLevel);
  const { database, watch, reporter, module, ledger } = await compose(settings, log);
  const app = await startHttp(module, {
    environment: settings,
    name: NAME,
    log,
    ledger: () => ledger,
    prepare: (made) => made.get(Health).setNotReady('governance'),
  });
  onStop(app, () => database.close());
  const looking = new Repeated({
    name: 'products',
    everyMs: settings.productsEveryMs,
    log,
    // What fails here leaves the products that are known being watched.
    run: async () => {
      await watch.look();
      app.get(Health).setReady();
    },
  });
  const telling = new Repeated({
    name: 'report',
    everyMs: settings.reportEveryMs,
    log,
    run: () => reporter.report(),
  });
  looking.start();
  telling.start();
  onStop(app, () => telling.stop());
  onStop(app, () => watch.stop());
  onStop(app, () => looking.stop());
  return app;
}
