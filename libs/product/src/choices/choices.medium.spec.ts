import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { Preparer } from '../intake/prepare.js';
import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber, ODS } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { sentTo as sent } from '../rig/sent-to.js';
import { SECONDARY, TOPIC } from '../rig/small-mesh.js';
import type { OwnChoice } from './held.js';
import type { ChoiceStatement } from './statement.js';

const KEY = Buffer.alloc(32, 6);
let domain: CommittingDomain;
let database: CommittingDomain['database'];
let records: Preparer;
let choices: Preparer;
let committer: CommittingDomain['committer'];

beforeAll(async () => {
  domain = await committingDomain(KEY);
  ({ database, preparer: records, committer } = domain);
  choices = new Preparer(KEY, [domain.running], 'choices');
});
afterAll(() => domain.close());

/** A line of the feed, or what somebody says about their record. */
type Said = Omit<ChoiceStatement, 'person'> & { nhs: string | null; local: string | null };
type Step = Line | Said;

let index = 0;
function prepared(step: Step) {
  const head = { index: index++, sourceId: null, raw: `${index} ${JSON.stringify(step)}` };
  if ('do' in step) return records.prepare({ ...head, record: step, at: step.at ?? null }, ARRIVAL);
  const { nhs, local, ...said } = step;
  const person = {
    ...{ nhsNumber: nhs, nhsNumberStatus: '01' },
    local: local === null ? null : { issuer: ODS, id: local },
  };
  return choices.prepare({ ...head, record: { ...said, person }, at: null }, ARRIVAL);
}

const commit = async (...steps: Step[]) =>
  (await committer.commit({ items: steps.map(prepared) })).map(({ outcome }) => outcome);

type Row = { key: string; change: unknown; revision: number; id: string; text: unknown };

/** What was sent to a topic, in order. */
const sentTo = async (topic: string): Promise<Row[]> =>
  (await sent(database, topic)).map(({ key, headers, revision, value }) => ({
    ...{ key, revision, id: headers.get('ce_id')! },
    change: value?.['changeType'] ?? null,
    text: value?.['medicationText'] ?? null,
  }));

/** Keys that a new reader of a topic finds a record under. */
async function live(topic: string): Promise<string[]> {
  const last = new Map((await sentTo(topic)).map((row) => [row.key, row]));
  const found = [...last.values()].filter(({ change }) => change !== null && change !== 'MERGED');
  return found.map(({ key }) => key).sort();
}

/** Of the merges that a new reader of a topic finds, how many name somebody who is left out of it by what is held of them now. */
async function namedMerges(topic: string, choice: OwnChoice): Promise<number> {
  const last = new Map((await sentTo(topic)).map((row) => [row.key, row]));
  const { rows } = await database.pool.query<{ person: string }>(
    `SELECT m.person FROM told_merge m JOIN person p ON p.person = m.survivor
     WHERE (p.choices -> $1 ->> 'objects')::boolean`,
    [choice],
  );
  const people = new Set(rows.map(({ person }) => person));
  const merges = [...last.values()].filter(({ change }) => change === 'MERGED');
  return merges.filter(({ key }) => people.has(key.split('.')[0]!)).length;
}

/** Keys of all records held whose person is not left out of an edition, by what is held of the person. */
async function expected(choice: OwnChoice): Promise<string[]> {
  const { rows } = await database.pool.query<{
    key: string;
    chosen: Record<string, { objects: boolean }>;
  }>(
    `SELECT r.person || '.' || r.record AS key, p.choices AS chosen FROM record r JOIN person p USING (person)
     WHERE r.revision > 0`,
  );
  return rows
    .filter(({ chosen }) => !chosen?.[choice]?.objects)
    .map(({ key }) => key)
    .sort();
}

const says = (
  person: number,
  choice: OwnChoice,
  objects: boolean,
  at: number,
  local: string | null = null,
): Said => ({ nhs: nhsNumber(person), local, choice, objects, at, id: `${at}` });
const put = (id: string, person: number, text = 'first', local: string | null = null): Line => ({
  ...{ do: 'put', id, nhs: nhsNumber(person), local, text },
});

it('leaves a person with a Type 1 opt-out out of the secondary edition, and takes them in again', async () => {
  await commit(put('a', 1), put('b', 1), put('c', 2));
  const [before, other] = [await live(SECONDARY), await live(TOPIC)];
  expect(before).toHaveLength(3);
  expect(await commit(says(1, 'type-1', true, 10))).toEqual(['accepted']);
  expect(await live(SECONDARY)).toHaveLength(1);
  expect(await live(TOPIC)).toEqual(other);
  const sent = (await sentTo(TOPIC)).length;
  expect(await commit(put('a', 1, 'second'), put('d', 1))).toEqual(['accepted', 'accepted']);
  expect(await live(SECONDARY)).toHaveLength(1);
  expect((await sentTo(TOPIC)).length).toBe(sent + 2);
  // An older entry, and one told again, change nothing.
  expect(await commit(says(1, 'type-1', false, 9), says(1, 'type-1', true, 10))).toEqual([
    ...['unchanged', 'unchanged'],
  ]);
  expect(await commit(says(1, 'type-1', false, 11))).toEqual(['accepted']);
  expect(await live(SECONDARY)).toHaveLength(4);
  expect((await sentTo(SECONDARY)).filter(({ text }) => text === 'second')).toHaveLength(1);
});

it('leaves a person who dissents from sharing out of the product topic alone', async () => {
  await commit(put('e', 3));
  const secondary = await live(SECONDARY);
  const topic = await live(TOPIC);
  await commit(says(3, 'dissent', true, 10));
  expect(await live(TOPIC)).toHaveLength(topic.length - 1);
  expect(await live(SECONDARY)).toEqual(secondary);
  await commit(says(3, 'type-1', true, 10), put('f', 3));
  expect(await live(TOPIC)).toHaveLength(topic.length - 1);
  expect(await live(SECONDARY)).toHaveLength(secondary.length - 1);
});

it('keeps a choice that comes before any record, and through a merge', async () => {
  await commit(says(4, 'type-1', true, 10), put('g', 4), put('h', 5));
  const before = await live(SECONDARY);
  await commit({ do: 'merge', nhs: nhsNumber(4), into: nhsNumber(5) });
  // The survivor is left out now, with everything held of either.
  expect(await live(SECONDARY)).toHaveLength(before.length - 1);
  expect(await commit(says(4, 'type-1', false, 12))).toEqual(['accepted']);
  expect(await live(SECONDARY)).toHaveLength(before.length + 1);
});

it('a choice of somebody known by a local identifier holds once the NHS number is known, in one batch too', async () => {
  await commit(put('i', 6));
  const before = await live(SECONDARY);
  const local: Said = { ...says(6, 'type-1', true, 10), nhs: null, local: 'L6' };
  await commit(local, put('j', 6, 'first', 'L6'));
  expect(await live(SECONDARY)).toHaveLength(before.length - 1);
});

it('an entry is changed and taken back under its own id; one that takes back what is not held is told of', async () => {
  await commit(put('k', 7));
  const held = (await live(SECONDARY)).length;
  const entry = (objects: boolean | null, at: number, id: string): Said => ({
    ...{ nhs: nhsNumber(7), local: null, choice: 'type-1', objects, at, id },
    ...(objects === null && { unheld: 'choiceInError' }),
  });
  expect(await commit(entry(true, 10, 'x'), entry(false, 20, 'y'))).toEqual([
    ...['accepted', 'accepted'],
  ]);
  // Nobody knows z: the choice in force stays.
  expect(await commit(entry(null, 0, 'z'))).toEqual(['quarantined']);
  expect(await live(SECONDARY)).toHaveLength(held);
  expect(await commit(entry(false, 5, 'y'))).toEqual(['accepted']);
  expect(await live(SECONDARY)).toHaveLength(held - 1);
  expect(await commit(entry(null, 0, 'x'))).toEqual(['accepted']);
  expect(await live(SECONDARY)).toHaveLength(held);
  expect(await commit(entry(true, 10, 'x'))).toEqual(['accepted']);
  expect(await live(SECONDARY)).toHaveLength(held - 1);
  expect(await commit(entry(false, 20, 'y'), entry(null, 0, 'y'), entry(null, 0, 'y'))).toEqual([
    ...['accepted', 'accepted', 'unchanged'],
  ]);
  expect(await live(SECONDARY)).toHaveLength(held - 1);
  // That z was taken back is remembered, and counts for nothing.
  const { rows } = await database.pool.query<{ sequence: string }>(
    `SELECT sequence FROM person WHERE choices -> 'type-1' ->> 'objects' = 'true' AND choices -> 'type-1' -> 'entries' @> '[{"id":"z"}]'`,
  );
  expect(rows).toHaveLength(1);
});

it('never shows a record in an edition its person is left out of, nor hides another, whatever comes', async () => {
  const who = fc.record({
    nhs: fc.option(fc.nat(3).map((n) => nhsNumber(30 + n))),
    local: fc.option(fc.nat(3).map((n) => `R${n}`)),
  });
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .record({
          do: fc.constant('put' as const),
          id: fc.nat(5).map((n) => `q${n}`),
          text: fc.nat(2).map(String),
          who,
        })
        .map(({ who: person, ...rest }) => ({ ...rest, ...person })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ do: fc.constant('retract' as const), id: fc.nat(5).map((n) => `q${n}`), who })
        .map(({ who: person, ...rest }) => ({ ...rest, ...person })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(who, who).map(([from, into]) => ({
        ...{ do: 'merge' as const, ...from, into: into.nhs, intoLocal: into.local },
      })),
    },
    {
      weight: 3,
      arbitrary: fc
        .record({
          choice: fc.constantFrom('type-1' as const, 'dissent' as const),
          objects: fc.option(fc.boolean()),
          at: fc.nat(20),
          id: fc.nat(3).map(String),
          who: who.filter(({ nhs, local }) => nhs !== null || local !== null),
        })
        .map(({ who: person, ...rest }) => ({ ...rest, ...person })),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 6 }),
      async (batches) => {
        for (const steps of batches) await commit(...steps);
        for (const [topic, choice] of [
          [TOPIC, 'dissent'],
          [SECONDARY, 'type-1'],
        ] as const) {
          expect(await live(topic)).toEqual(await expected(choice));
          expect(await namedMerges(topic, choice)).toBe(0);
          const all = await sentTo(topic);
          expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
          const last = new Map<string, number>();
          for (const { key, revision } of all) {
            expect(revision).toBeGreaterThan(last.get(key) ?? -1);
            last.set(key, revision);
          }
        }
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25) },
  );
});
