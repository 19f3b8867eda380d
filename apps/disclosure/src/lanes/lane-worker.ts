import 'reflect-metadata';

import { parentPort, workerData } from 'node:worker_threads';

import { createLogger, loadConfig, Repeated } from '@caremesh/platform';
import { giveBackWhenIdle, STOPPED } from '@caremesh/platform/thread';
import { NestFactory } from '@nestjs/core';

import { compose, surroundingsOf } from '../disclosure.module.js';
import { partOf } from '../part.js';
import { disclosureEnvironment } from '../settings.js';
import type { FromLane, LaneData } from './lanes.js';
import { laneBeside } from './lanes-here.js';

const TOLD_EVERY_MS = 1_000;

/** A lane's own thread: reads editions of few views, and leaves it to the process's first to begin, end and fill them. */
const settings = loadConfig(disclosureEnvironment);
const log = createLogger(partOf(settings.service).name, settings.logLevel);
const { database, surroundings } = await surroundingsOf(settings, log);
const lanesHere = laneBeside((workerData as LaneData).lane);
const { keys, transport, watch, module } = compose({ ...surroundings, lanesHere });
const app = await NestFactory.createMicroservice(module, { strategy: transport, logger: false });
await app.listen();

const looking = new Repeated({
  name: 'lane',
  everyMs: settings.grantsEveryMs,
  log,
  run: async () => {
    await keys.check();
    await watch.join();
  },
});
const telling = setInterval(() => {
  const told: FromLane = { kind: 'standing', subscriptions: transport.subscriptions() };
  parentPort?.postMessage(told);
}, TOLD_EVERY_MS);

async function stop(): Promise<void> {
  clearInterval(telling);
  await looking.stop();
  await app.close();
  await database.close();
}

parentPort?.once('message', () => {
  void stop().finally(() => parentPort?.postMessage(STOPPED));
});
looking.start();
giveBackWhenIdle();
