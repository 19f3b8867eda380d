import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, MessagesStreamModes } from '@platformatic/kafka';
import { median, percentile } from '../measure/rounds.js';
import { line, type Result } from '../measure/report.js';
import { answerOf, credentialOf, decide, grantConnection, requested } from '../mesh/grants.js';
import type { Connection, Credential } from '../mesh/grants.js';
import { connection } from '../mesh/topics.js';
import type { Rig } from '../mesh/rig.js';
import { fillTopic } from './file-to-topic.js';
import { intakeLatencies } from './http-latency.js';

const PRODUCT = 'acute.inpatient-spell';
const TOPIC = `${PRODUCT}.v1`;
const SECONDS = 10;
const MEBIBYTE = 1_048_576;
// A consumer held back by its quota hears nothing for a second or two.
const STALLED_MS = 4_000;

type Reader = { bytes(): number; stop(): Promise<void> };

/**
 * GP records published while one consumer of an acute product reads it at full speed from its start, again and
 * again: with the quota of its grant, and as the broker's own user, whom no quota holds.
 */
export async function quota(rig: Rig): Promise<Result[]> {
  // What the demonstration publishes is read in a moment: a reader would be busy with connecting.
  await fillTopic(rig, 'acute');
  const credential = await individualCare(rig);
  const group = `${credential.groupPrefix}bench`;
  const held = () => read(rig, grantConnection(credential), group);
  const free = () => read(rig, connection(rig.mesh), 'bench-free');
  const quiet: number[] = [];
  const besides: Record<'held' | 'free', { p99: number[]; rate: number[] }> = {
    held: { p99: [], rate: [] },
    free: { p99: [], rate: [] },
  };
  await intakeLatencies(rig, `quota-warm-${process.pid}`, SECONDS);
  for (let round = 0; round < rig.rounds; round++) {
    quiet.push(await p99(rig, `quiet-${round}`));
    for (const [name, start] of [
      ['held', held],
      ['free', free],
    ] as const) {
      const reader = await start();
      const began = performance.now();
      besides[name].p99.push(await p99(rig, `${name}-${round}`));
      const seconds = (performance.now() - began) / 1_000;
      besides[name].rate.push(reader.bytes() / MEBIBYTE / seconds);
      await reader.stop();
    }
  }
  const ratioOf = (name: 'held' | 'free') =>
    median(besides[name].p99.map((figure, round) => figure / quiet[round]!));
  const rateOf = (name: 'held' | 'free') => `${median(besides[name].rate).toFixed(1)} MiB/s`;
  const ratio = ratioOf('held');
  return [
    line('GP publish to visible, p99, quiet', `${median(quiet).toFixed(1)} ms`, '', null),
    line(
      `the same beside a consumer under its quota (${rateOf('held')})`,
      `${median(besides.held.p99).toFixed(1)} ms, ${ratio.toFixed(2)} times`,
      '2 times',
      ratio <= 2,
    ),
    line(
      `the same beside a consumer without any (${rateOf('free')})`,
      `${median(besides.free.p99).toFixed(1)} ms, ${ratioOf('free').toFixed(2)} times`,
      '',
      null,
    ),
  ];
}

async function p99(rig: Rig, name: string): Promise<number> {
  return percentile(await intakeLatencies(rig, `quota-${name}-${process.pid}`, SECONDS), 0.99);
}

/** A grant of individual care on the acute product, decided by those who decide it. */
async function individualCare(rig: Rig): Promise<Credential> {
  const id = await requested(rig, PRODUCT, 'individual-care', '6(1)(e)/9(2)(h)/direct-care');
  for (const who of ['acute-owner', 'caldicott-guardian']) await decide(rig, id, 'approve', who);
  for (let state = ''; state !== 'active'; await sleep(200)) {
    ({ state } = await answerOf<{ state: string }>(rig, ['grant', 'show', id]));
  }
  return credentialOf(rig, id);
}

/** Reads the whole topic over and over until stopped. */
async function read(rig: Rig, reach: Connection, groupId: string): Promise<Reader> {
  const ends = await rig.topics.ends(TOPIC);
  const records = Number(ends.reduce((sum, end) => sum + end, 0n));
  const offsets = ends.map((_, partition) => ({ topic: TOPIC, partition, offset: 0n }));
  const stopping = new AbortController();
  let bytes = 0;
  const once = async () => {
    const consumer = new Consumer({ clientId: 'bench', groupId, ...reach, autocommit: false });
    const mode = MessagesStreamModes.MANUAL;
    const stream = await consumer.consume({ topics: [TOPIC], mode, offsets, maxWaitTime: 100 });
    let left = records;
    let lastAt = performance.now();
    stream.on('data', ({ value }) => {
      bytes += value?.length ?? 0;
      left -= 1;
      lastAt = performance.now();
    });
    // Markers of transactions count as offsets but are no records: then the end shows itself by nothing coming.
    while (left > 0 && performance.now() - lastAt < STALLED_MS && !stopping.signal.aborted) {
      await sleep(5);
    }
    await consumer.close(true);
  };
  const running = (async () => {
    while (!stopping.signal.aborted) await once();
  })();
  return {
    bytes: () => bytes,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
