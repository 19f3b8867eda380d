import type { INestApplicationContext } from '@nestjs/common';

import type { Logger } from '../log/logger.js';
import { Health } from './health.js';

// Below the ten seconds after which supervisors kill by custom; this mesh's own waits twice as long.
const PATIENCE_MS = 8_000;

type Closing = () => unknown;

const closings = new WeakMap<INestApplicationContext, Closing[]>();

/**
 * Something to do when the process is asked to stop, after the last request has been answered. Run in
 * the reverse order of registration, as what was opened last depends on what was opened first.
 */
export function onStop(app: INestApplicationContext, close: Closing): void {
  const list = closings.get(app) ?? [];
  list.unshift(close);
  closings.set(app, list);
}

/** Stops `app`: no new requests, those running are answered, then everything given to `onStop`. */
export async function stop(app: INestApplicationContext, log: Logger): Promise<void> {
  app.get(Health).setNotReady('stop');
  await app.close();
  for (const close of closings.get(app) ?? []) {
    try {
      await close();
    } catch (err) {
      log.error({ err }, 'A part could not be closed');
    }
  }
}

/** Stops gracefully on SIGTERM and SIGINT and ends the process: 0 if all was closed in time, else 1. */
export function stopOnSignal(app: INestApplicationContext, log: Logger): void {
  let stopping = false;
  const handle = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'Stopping');
    setTimeout(() => {
      log.error('Some part did not stop in time');
      process.exit(1);
    }, PATIENCE_MS).unref();
    void stop(app, log).then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, 'Stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
}
