import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, MessagesStreamModes } from '@platformatic/kafka';
import { median } from '../measure/rounds.js';
import { line, type Result } from '../measure/report.js';
import type { Rig } from '../mesh/rig.js';

const PRODUCT = 'gp.medication-statement';
const LOOK_MS = 20;
const TARGET_MS = 5_000;
const GIVEN_UP_MS = 60_000;

type Credential = {
  clientId: string;
  clientSecret: string;
  tokenUrl: string;
  bootstrap: string;
  groupPrefix: string;
  topics: string[];
};

/**
 * From the last approval of a grant to the first record of its view, with a list that covers everybody; and from its revocation until a
 * consumer that is open is refused. Both begin before the command is run, which takes some tenths of a second of its own.
 */
export async function access(rig: Rig): Promise<Result[]> {
  const began: number[] = [];
  const ended: number[] = [];
  for (let round = 0; round < rig.rounds; round++) {
    const id = await asked(rig);
    await decide(rig, id, 'approve', 'gp-owner');
    const approving = performance.now();
    const topic = `share.${id}.${PRODUCT}.v1`;
    const first = firstRecord(rig, topic);
    await decide(rig, id, 'approve', 'ig-lead');
    began.push((await first) - approving);
    const { refused } = await reading(await command<Credential>(rig, ['grant', 'credentials', id]));
    const revoking = performance.now();
    await decide(rig, id, 'revoke', 'gp-owner');
    ended.push((await refused) - revoking);
  }
  return [
    judged('From approval to the first record of the view', began),
    judged('From revocation to the first refused fetch', ended),
  ];
}

function judged(what: string, took: readonly number[]): Result {
  const ms = median(took);
  return line(what, `${ms.toFixed(0)} ms`, `${TARGET_MS} ms`, ms <= TARGET_MS);
}

async function asked(rig: Rig): Promise<string> {
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const { id } = await command<{ id: string }>(rig, [
    ...['grant', 'request', '--product', PRODUCT, '--purpose', 'population-health-management'],
    ...['--legal-basis', '6(1)(e)/9(2)(h)/s251', '--organisation', 'QUY'],
    ...['--until', until, '--reason', 'Bench'],
  ]);
  return id;
}

const decide = (rig: Rig, id: string, decision: string, who: string): Promise<unknown> =>
  command(rig, ['grant', decision, id, '--reason', 'Bench'], who);

async function command<T>({ mesh }: Rig, words: string[], who = 'analyst'): Promise<T> {
  return JSON.parse(await mesh.command(...words, '--as', who, '-o', 'json')) as T;
}

/** When the topic holds its first record. */
async function firstRecord({ topics }: Rig, topic: string): Promise<number> {
  const until = performance.now() + GIVEN_UP_MS;
  while (performance.now() < until) {
    // Until it stands there is nothing to ask.
    const [records = 0] = await topics.sizes([topic]).catch(() => []);
    if (records > 0) return performance.now();
    await sleep(LOOK_MS);
  }
  throw new Error(`${topic} has no record after ${GIVEN_UP_MS / 1_000} s`);
}

/** Reads a view with its credential; resolves, once records came, with when that is refused. */
async function reading(credential: Credential): Promise<{ refused: Promise<number> }> {
  const consumer = new Consumer({
    clientId: 'bench-access',
    groupId: `${credential.groupPrefix}bench`,
    bootstrapBrokers: credential.bootstrap.split(','),
    sasl: { mechanism: 'OAUTHBEARER', token: () => tokenOf(credential) },
    retries: 0,
  });
  const mode = MessagesStreamModes.EARLIEST;
  const stream = await consumer.consume({ topics: credential.topics, mode, maxWaitTime: 100 });
  const refused = new Promise<number>((resolve) =>
    stream.once('error', () => resolve(performance.now())),
  );
  await new Promise<void>((resolve) => stream.once('data', () => resolve()));
  stream.resume();
  return { refused: refused.finally(() => consumer.close(true).catch(() => undefined)) };
}

async function tokenOf(client: Credential): Promise<string> {
  const answer = await fetch(client.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.clientSecret,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
