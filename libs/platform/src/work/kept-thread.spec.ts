import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test, vi } from 'vitest';

import { KeptThread } from './kept-thread.js';

type Told = { kind: 'begun'; given: string };

const folder = mkdtempSync(join(tmpdir(), 'caremesh-thread-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Tells what it was given; dies by a number above zero, and stops when it is asked to. */
const script = join(folder, 'thread.mjs');
writeFileSync(
  script,
  `import { parentPort, workerData } from 'node:worker_threads';
   parentPort.postMessage({ kind: 'begun', given: workerData.given });
   parentPort.once('message', () => parentPort.postMessage({ kind: 'stopped' }));
   if (Atomics.sub(new Int32Array(workerData.deaths), 0, 1) > 0) throw new TypeError('it died');`,
);

test('a thread that dies is started again, with what it was given, until it is stopped', async () => {
  const deaths = new SharedArrayBuffer(4);
  new Int32Array(deaths)[0] = 1;
  const heard: string[] = [];
  const thread = new KeptThread<Told>({
    script,
    workerData: { given: 'a word', deaths },
    told: ({ given }) => heard.push(given),
    failed: ({ name }) => heard.push(name),
    ended: () => heard.push('ended'),
  });
  await vi.waitUntil(() => heard.length === 4, 10_000);
  expect(heard).toEqual(['a word', 'TypeError', 'ended', 'a word']);
  await thread.stop();
  expect(heard.slice(4)).toEqual(['ended']);
});

test('one that was stopped just after it died begins no more', async () => {
  const deaths = new SharedArrayBuffer(4);
  new Int32Array(deaths)[0] = 1;
  const heard: string[] = [];
  const thread = new KeptThread<Told>({
    script,
    workerData: { given: 'a word', deaths },
    told: ({ given }) => heard.push(given),
    failed: ({ name }) => heard.push(name),
    ended: () => heard.push('ended'),
  });
  await vi.waitUntil(() => heard.includes('ended'), 10_000);
  await thread.stop();
  // It would begin a second after it had died.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(heard).toEqual(['a word', 'TypeError', 'ended']);
});
