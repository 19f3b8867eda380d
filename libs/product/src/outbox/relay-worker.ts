import { parentPort, workerData } from 'node:worker_threads';

import { giveBackWhenIdle, STOPPED } from '@caremesh/platform/thread';

import { relayOf } from './relay-thread.js';
import type { FromThread, RelayThreadSettings } from './relay-thread.js';

/** The relay's own thread: begins with the thread, ends when told to. */
const tell = (message: FromThread): void => parentPort?.postMessage(message);
const relay = relayOf(workerData as RelayThreadSettings, {
  info: (detail, message) => tell({ kind: 'log', level: 'info', detail, message }),
  warn: (detail, message) => tell({ kind: 'log', level: 'warn', detail, message }),
});
const counting = setInterval(() => tell({ kind: 'sent', sent: relay.sent }), 500);
parentPort?.once('message', () => {
  clearInterval(counting);
  void relay.stop().finally(() => parentPort?.postMessage(STOPPED));
});
relay.start();
giveBackWhenIdle();
