import { connect, type Socket } from 'node:net';
import { adtMessages, lives } from '@caremesh/synthetic';
import { interleave, median, percentile, ratio } from '../measure/rounds.js';
import { line, type Result } from '../measure/report.js';
import type { Rig } from '../mesh/rig.js';
import { CommitPerMessage } from '../peers/commit-per-message.js';

const CONNECTIONS = 20;
const MESSAGES = 20_000;
const START = 0x0b;
const END = Buffer.from([0x1c, 0x0d]);
const TOPIC = 'acute.inpatient-spell.v1';

/** ADT messages over MLLP on 20 connections, each waiting for its acknowledgement, beside a commit per message. */
export async function mllp(rig: Rig): Promise<Result[]> {
  const peer = await CommitPerMessage.open(rig.mesh.databaseUrl, CONNECTIONS);
  const peerPort = await peer.listen();
  const { hostname, port } = new URL(rig.mesh.intake('acute', 'mllp'));
  const latencies: number[][] = [];
  const [ours, theirs] = await interleave(
    [
      {
        name: 'caremesh',
        run: async (round) => {
          const from = await rig.topics.ends(TOPIC);
          const result = await drive(
            hostname,
            Number(port),
            messages(`mllp-${process.pid}-${round}`),
          );
          if (round >= 0) latencies.push(result.latencies);
          await rig.topics.grown(TOPIC, from, result.changed, 60_000);
          return result.perSecond;
        },
      },
      {
        name: 'commit per message',
        run: async (round) => {
          const before = await peer.stored();
          const { perSecond } = await drive(
            '127.0.0.1',
            peerPort,
            messages(`peer-${process.pid}-${round}`),
          );
          if ((await peer.stored()) - before !== MESSAGES)
            throw new Error('The peer lost messages');
          return perSecond;
        },
      },
    ],
    rig.rounds,
  );
  await peer.close();
  const p99 = median(latencies.map((round) => percentile(round, 0.99)));
  return [
    line(
      'MLLP on 20 connections, outbox row before each acknowledgement',
      `${Math.round(ours!.median)} messages/s`,
      '5000/s',
      ours!.median >= 5000,
    ),
    line(
      `… against a commit per message (${Math.round(theirs!.median)}/s)`,
      `${ratio(ours!, theirs!).toFixed(2)} x`,
      '3 x',
      ratio(ours!, theirs!) >= 3,
    ),
    line('… acknowledgement p99', `${p99.toFixed(1)} ms`, '15 ms', p99 <= 15),
  ];
}

/** Messages of synthetic stays; a person's messages stay on one connection, in order. */
function messages(seed: string): string[][] {
  const lanes: string[][] = Array.from({ length: CONNECTIONS }, () => []);
  let made = 0;
  let person = 0;
  for (const life of lives({ seed, count: 1_000_000 })) {
    for (const { text } of adtMessages(life)) {
      lanes[person % CONNECTIONS]!.push(text);
      if (++made === MESSAGES) return lanes;
    }
    person++;
  }
  return lanes;
}

type Driven = { perSecond: number; latencies: number[]; changed: number };

async function drive(host: string, port: number, lanes: string[][]): Promise<Driven> {
  const latencies: number[] = [];
  const began = performance.now();
  await Promise.all(lanes.map((lane) => converse(host, port, lane, latencies)));
  const seconds = (performance.now() - began) / 1000;
  // At least the admissions became records; what a later message changes is counted by the read-back of file-to-topic.
  const changed = lanes.flat().filter((text) => text.includes('ADT^A01')).length;
  return { perSecond: MESSAGES / seconds, latencies, changed };
}

async function converse(
  host: string,
  port: number,
  lane: string[],
  latencies: number[],
): Promise<void> {
  const socket = connect({ host, port, noDelay: true });
  const answers = replies(socket);
  for (const text of lane) {
    const sent = performance.now();
    socket.write(Buffer.concat([Buffer.from([START]), Buffer.from(text), END]));
    const { value } = await answers.next();
    if (!value?.includes('MSA|AA'))
      throw new Error(`Not acknowledged: ${String(value).split('\r')[1]}`);
    latencies.push(performance.now() - sent);
  }
  socket.end();
}

async function* replies(socket: Socket): AsyncGenerator<string> {
  let held = '';
  for await (const chunk of socket) {
    held += (chunk as Buffer).toString('latin1');
    for (let end = held.indexOf('\x1c\r'); end >= 0; end = held.indexOf('\x1c\r')) {
      yield held.slice(held[0] === '\x0b' ? 1 : 0, end);
      held = held.slice(end + 2);
    }
  }
}
