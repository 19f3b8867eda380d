import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, findErrorBy, MessagesStreamModes } from '@platformatic/kafka';
import { median } from '../measure/rounds.js';
import { line, type Result } from '../measure/report.js';
import { answerOf, credentialOf, decide, grantConnection, requested } from '../mesh/grants.js';
import type { Credential } from '../mesh/grants.js';
import type { Rig } from '../mesh/rig.js';

const PRODUCT = 'gp.medication-statement';
const LEGAL_BASIS = '6(1)(e)/9(2)(h)/s251';
const LOOK_MS = 20;
const TARGET_MS = 5_000;
const EMERGENCY_TARGET_MS = 30_000;
const GIVEN_UP_MS = 60_000;
/** Of break-glass: 18 seconds, so that it ends by itself while its consumer reads. */
const EMERGENCY_HOURS = 0.005;

/**
 * From the last approval of a grant to the first record of its view, with a list that covers everybody; from its revocation, or its end,
 * until a consumer that is open is refused; and from a request by break-glass to the first record read. All begin before the command
 * is run, which takes some tenths of a second of its own, but the end of a grant: that is the instant it names.
 */
export async function access(rig: Rig): Promise<Result[]> {
  const granted = await throughApproval(rig);
  const emergency = await throughBreakGlass(rig);
  return [
    judged('From approval to the first record of the view', granted.began),
    judged('From revocation to the first refused fetch', granted.ended),
    judged('From break-glass to the first record read', emergency.began, EMERGENCY_TARGET_MS),
    judged('From expiry to the first refused fetch', emergency.ended),
  ];
}

/** Milliseconds of each round. */
type Took = { began: number[]; ended: number[] };

async function throughApproval(rig: Rig): Promise<Took> {
  const began: number[] = [];
  const ended: number[] = [];
  for (let round = 0; round < rig.rounds; round++) {
    const id = await requested(rig, PRODUCT, 'population-health-management', LEGAL_BASIS);
    await decide(rig, id, 'approve', 'gp-owner');
    const approving = performance.now();
    const topic = `share.${id}.${PRODUCT}.v1`;
    const first = firstRecord(rig, topic);
    first.catch(() => undefined);
    await decide(rig, id, 'approve', 'ig-lead');
    began.push((await first) - approving);
    const { refused } = await reading(await credentialOf(rig, id));
    const revoking = performance.now();
    await decide(rig, id, 'revoke', 'gp-owner');
    ended.push((await refused) - revoking);
  }
  return { began, ended };
}

/** A grant by break-glass ends at an instant, as every grant does; others end at the end of a day. */
async function throughBreakGlass(rig: Rig): Promise<Took> {
  const began: number[] = [];
  const ended: number[] = [];
  const words = ['grant', 'break-glass', '--product', PRODUCT, '--hours', `${EMERGENCY_HOURS}`];
  for (let round = 0; round < rig.rounds; round++) {
    const asking = performance.now();
    const { id, endsAt } = await answerOf<{ id: string; endsAt: string }>(
      rig,
      [...words, '--reason', 'Bench of emergency access'],
      'clinician',
    );
    const { came, refused } = await reading(await credentialOf(rig, id, 'clinician'));
    began.push((await came) - asking);
    const end = Date.parse(endsAt) - performance.timeOrigin;
    const took = (await refused) - end;
    if (took < 0) throw new Error(`grant ${id} was refused ${-took} ms before its end`);
    ended.push(took);
  }
  return { began, ended };
}

function judged(what: string, took: readonly number[], targetMs = TARGET_MS): Result {
  const ms = median(took);
  return line(what, `${ms.toFixed(0)} ms`, `${targetMs} ms`, ms <= targetMs);
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

/** What a grant covers, read: when a record came, and when that is refused. Whatever else ends the reading is no refusal. */
type Reading = { came: Promise<number>; refused: Promise<number> };

/** Reads with a grant's credential; resolves once a record came, or none will. */
async function reading(credential: Credential): Promise<Reading> {
  const consumer = new Consumer({
    ...grantConnection(credential),
    clientId: 'bench-access',
    groupId: `${credential.groupPrefix}bench`,
    retries: 0,
  });
  const mode = MessagesStreamModes.EARLIEST;
  const stream = await consumer.consume({ topics: credential.topics, mode, maxWaitTime: 100 });
  const ended = Promise.withResolvers<number>();
  const late = () => ended.reject(new Error(`not refused within ${GIVEN_UP_MS / 1_000} s`));
  const timer = setTimeout(late, GIVEN_UP_MS);
  stream.once('error', (error) => {
    const isRefusal = findErrorBy(error, 'apiId', 'TOPIC_AUTHORIZATION_FAILED') !== null;
    if (isRefusal) ended.resolve(performance.now());
    else ended.reject(error);
  });
  const refused = ended.promise.finally(() => {
    clearTimeout(timer);
    return consumer.close(true).catch(() => undefined);
  });
  refused.catch(() => undefined);
  const came = new Promise<number>((resolve) =>
    stream.once('data', () => resolve(performance.now())),
  );
  await Promise.race([came, refused]);
  stream.resume();
  return { came, refused };
}
