import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { names } from '@caremesh/contract';
import { SchemaRegistry } from '@caremesh/product';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { StandInMailbox } from '../check-service/stand-in.js';
import { nhsNumberOf } from '../choices/people.js';
import type { GrantedView } from '../grants/governance.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { personOf } from '../spec/publisher.js';
import type { Person, Sending } from '../spec/publisher.js';
import type { Disclosed } from '../spec/reader.js';

const PRODUCT = 'gp.medication-statement';
const PATIENCE = { timeout: 30_000, interval: 50 };
const home = mkdtempSync(join(tmpdir(), 'caremesh-survivors-'));
const FILE = join(home, 'opted-out.txt');
const mailbox = new StandInMailbox(FILE);
let rig: Rig;
let view: GrantedView;

/** A synthetic person with a number that a check service takes. */
const person = (n: number): Person => {
  for (let body = 950_000_000 + n * 20; ; body++) {
    const nhsNumber = nhsNumberOf(body);
    if (nhsNumber.length === 10) return { nhsNumber, localId: `S${n}`, postcode: 'LS1 4AB' };
  }
};
/** Three who are one person in the end, and one who has nothing to do with them. */
const [first, second, last, other] = [0, 1, 2, 3].map(person) as [Person, Person, Person, Person];
const optOut = (...out: Person[]) =>
  writeFileSync(FILE, `# test\n${out.map(({ nhsNumber }) => nhsNumber).join('\n')}\n`);
async function settle(): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await rig.look();
    await rig.parts.merges.look();
  }
}

beforeAll(async () => {
  optOut();
  const pace = { refreshMs: 0, againMs: 0, answerMs: 60_000 };
  rig = await disclosureRig(() => mailbox, { pace }, 50);
  view = await rig.grant('survivors');
});
afterAll(async () => {
  await rig.close();
  rmSync(home, { recursive: true });
});

/** The last word of the view under each key, of those that are there; as `MERGED` or another change, and whose. */
const live = (records: readonly Disclosed[]) =>
  [...new Map(records.map((one) => [one.key, one])).values()].filter(({ value }) => value !== null);
const merges = (records: readonly Disclosed[]) =>
  live(records).filter(({ value }) => value!['changeType'] === 'MERGED');
/** Reads until the view has as much as is expected. */
async function told(count: number): Promise<Disclosed[]> {
  const records = await rig.read(view, count);
  expect(records).toHaveLength(count);
  const ids = records.map(({ key, headers }) => `${key} ${headers['ce_id']}`);
  expect(new Set(ids).size).toBe(count);
  return records;
}
/** The same, looking at what goes on beside the records until then. */
async function toldAtLast(count: number): Promise<Disclosed[]> {
  await vi.waitUntil(
    async () => {
      await settle();
      return (await rig.read(view, 0)).length >= count;
    },
    { timeout: 60_000 },
  );
  return told(count);
}
/** What is told of an end but for its own names, moment and chance. */
const wording = ({ value, headers }: Disclosed): Record<string, unknown> => {
  const own = ['ce_id', 'ce_sequence', 'ce_recordrevision', 'ce_time', 'ce_recordedtime'];
  const same = Object.entries(headers).filter(([name]) => ![...own, 'traceparent'].includes(name));
  return { value, ...Object.fromEntries(same) };
};
/** As a publisher tells that one of two is the other: with the record of the one, which goes on under the other's key. */
const merge = (n: number, from: Person, into: Person) =>
  rig.publish(
    [100 + n, from, { changeType: 'MERGED', survivorKey: personOf(PRODUCT, into) }],
    [n, from, { revision: 2, changeType: null }],
    [n, into, { revision: 2, changeType: 'UPDATED' }],
  );

test('who opted out is named by no merge: what named them is gone with their records', async () => {
  await rig.publish([0, first], [1, second], [2, last], [3, other]);
  await vi.waitUntil(async () => {
    const { rows } = await rig.pool.query('SELECT FROM cohort_person');
    return rows.length === 4;
  }, PATIENCE);
  await settle();
  await told(4);
  await merge(0, first, last);
  const joined = await told(7);
  const [named] = merges(joined);
  const who = String(named!.value!['survivorKey']);
  expect(live(joined).filter(({ key }) => key.startsWith(who))).toHaveLength(2);

  optOut(last);
  await settle();
  const after = await told(10);
  expect(live(after).map(({ key }) => key)).toHaveLength(2);
  expect(live(after).filter(({ raw }) => raw.includes(who))).toEqual([]);
  expect(merges(after)).toEqual([]);
  // Its end is told as any other is.
  const ends = after.slice(7).map(wording);
  for (const one of ends) expect(one).toEqual(ends[0]);
  await rig.parts.announcements.look(Date.now() + 1_000);
  const topic = names.withdrawalsTopic(view.grantId);
  const registry = new SchemaRegistry(rig.stack.registryUrl);
  const schemaId = (await registry.latestId(names.subjectOf(topic)))!;
  const [event] = await rig.read({ topic, schemaId }, 1);
  const gone = event!.value!['people'] as { person: string; recordIds: string[] }[];
  const former = named!.key.split('.')[0]!;
  expect(new Map(gone.map((one) => [one.person, one.recordIds.length]))).toEqual(
    new Map([former, who].map((one) => [one, 2])),
  );
});

test('nor by one that comes after it, nor by one that waits when its own person opts out', async () => {
  await merge(1, second, last);
  // The end of the record alone.
  expect(merges(await told(11))).toEqual([]);
  await settle();
  await told(11);
  optOut(last, second);
  await settle();
  optOut(second);
  // Whoever is permitted is back, and who was joined to them; not the one who is out by now.
  const back = await toldAtLast(15);
  expect(merges(back)).toHaveLength(1);
  expect(live(back)).toHaveLength(5);
  const revisions = back
    .filter(({ key }) => key === merges(back)[0]!.key)
    .map(({ headers }) => Number(headers['ce_recordrevision']));
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  expect(new Set(revisions).size).toBe(3);
  optOut();
  expect(merges(await toldAtLast(16))).toHaveLength(2);
});

test('it ends as well where a correction ended the last record of whom it names', async () => {
  const taken: Sending = { revision: 3, changeType: 'RETRACTED' };
  await rig.publish([0, last, taken], [1, last, taken]);
  expect(merges(await told(18))).toHaveLength(2);
  await rig.publish([2, last, taken]);
  const ended = await told(21);
  expect(live(ended)).toHaveLength(1);
  // And is there again with their next one.
  await rig.publish([2, last, { revision: 4, changeType: 'UPDATED' }]);
  expect(merges(await toldAtLast(24))).toHaveLength(2);
});
