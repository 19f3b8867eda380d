import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { Preparer } from '../intake/prepare.js';
import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { gp, nhsNumber, ODS } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { sentTo } from '../rig/sent-to.js';
import { SECONDARY, TOPIC } from '../rig/small-mesh.js';

const KEY = Buffer.alloc(32, 78);
/** The same feed comes to both: item by item to the one, many together to the other. */
let singly: CommittingDomain;
let together: CommittingDomain;

beforeAll(async () => {
  [singly, together] = await Promise.all([committingDomain(KEY), committingDomain(KEY)]);
});
afterAll(() => Promise.all([singly.close(), together.close()]));

type Who = { nhs: string | null; local: string | null; others: string[] };
type Choice = { choice: 'dissent' | 'type-1'; objects: boolean; at: number; who: Who };
type Step = Line | Choice;

const day = fc
  .integer({ min: 1, max: 20 })
  .map((n) => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`);
const number = fc.integer({ min: 1, max: 3 }).map(nhsNumber);
const local = fc.integer({ min: 1, max: 4 }).map((n) => `L${n}`);
const who: fc.Arbitrary<Who> = fc
  .record({
    nhs: fc.option(number),
    local: fc.option(local),
    others: fc.uniqueArray(local, { maxLength: 2 }),
  })
  .map(({ nhs, local: own, others }) =>
    // What stands beside an identifier needs one.
    own === null
      ? { nhs: nhs ?? nhsNumber(1), local: null, others: [] }
      : { nhs, local: own, others },
  );
const id = fc.integer({ min: 1, max: 4 }).map((n) => `r${n}`);
const line = <L extends Partial<Line>>(fields: { [K in keyof L]: fc.Arbitrary<L[K]> }) =>
  fc
    .record({ ...fields, who })
    .map(({ who: named, ...rest }) => ({ ...named, ...rest }) as unknown as Line);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: line({
      do: fc.constant('put' as const),
      id,
      at: fc.option(day),
      text: fc.constantFrom('a', 'b'),
    }),
  },
  { weight: 1, arbitrary: line({ do: fc.constant('retract' as const), id }) },
  {
    weight: 3,
    arbitrary: line({
      do: fc.constant('merge' as const),
      into: fc.option(number),
      intoLocal: local,
    }),
  },
  {
    weight: 2,
    arbitrary: line({
      do: fc.constant('other' as const),
      restricted: fc.boolean(),
      restrictedAt: day,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      choice: fc.constantFrom('dissent' as const, 'type-1' as const),
      objects: fc.boolean(),
      at: fc.integer({ min: 1, max: 50 }),
      who,
    }),
  },
);

/** What each step comes to, one after the other, where so many of them are committed together. */
async function taken(domain: CommittingDomain, steps: readonly Step[], size: number) {
  const { pool } = domain.database;
  await pool.query(
    'TRUNCATE person, record, told_merge, outbox, landed, quarantine, payload, record_keeper',
  );
  const choices = new Preparer(KEY, [domain.running], 'choices');
  const items = await Promise.all(
    steps.map(async (one, index) => {
      if (!('choice' in one))
        return domain.preparer.prepare({ ...(await itemOf(one)), raw: `${index}`, index }, ARRIVAL);
      const record = { ...one, person: personOf(one.who), id: `${one.at}` };
      return choices.prepare({ index, sourceId: null, raw: `${index}`, record, at: null }, ARRIVAL);
    }),
  );
  const outcomes: string[] = [];
  for (let at = 0; at < items.length; at += size) {
    const found = await domain.committer.commit({ items: items.slice(at, at + size) });
    outcomes.push(
      ...found.map(({ outcome, errors }) => [outcome, ...errors.map(({ code }) => code)].join(' ')),
    );
  }
  return outcomes;
}

async function itemOf(one: Line) {
  const body = (async function* () {
    yield Buffer.from(JSON.stringify(one));
  })();
  const [source] = gp.sources;
  for await (const item of source!.read({ contentType: '', body, environment: 'test' }))
    return item;
  throw new Error('A line is an item');
}

const personOf = ({ nhs, local: own, others }: Who) => ({
  ...{ nhsNumber: nhs, nhsNumberStatus: nhs === null ? '07' : '01' },
  local: own === null ? null : { issuer: ODS, id: own },
  others: others.map((one) => ({ issuer: ODS, id: one })),
});

/** All that is held, and what both editions were told of each person; without when it came. */
async function left({ database }: CommittingDomain) {
  const rows = async (sql: string) =>
    (await database.pool.query<Record<string, unknown>>(sql)).rows;
  const told = async (topic: string) =>
    Object.groupBy(
      (await sentTo(database, topic)).map(({ key, headers, revision, value }) => ({
        ...{ key, revision, sequence: headers.get('ce_sequence'), type: headers.get('ce_type') },
        value: value && { ...value, recordedAt: null },
      })),
      ({ key }) => key.split('.')[0]!,
    );
  return {
    persons:
      await rows(`SELECT person, sequence, merged_into, survivor, choices, restriction - 'came' AS restriction
      FROM person ORDER BY person`),
    records:
      await rows(`SELECT record, person, revision, retracted, at, encode(content, 'hex') AS content
      FROM record ORDER BY record`),
    merges: await rows(`SELECT * FROM told_merge ORDER BY person, into_person, product`),
    product: await told(TOPIC),
    secondary: await told(SECONDARY),
  };
}

it('it makes no difference to anybody what was committed together', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 12 }),
      fc.integer({ min: 2, max: 12 }),
      async (steps, size) => {
        const outcomes = await taken(singly, steps, 1);
        expect(await taken(together, steps, size)).toEqual(outcomes);
        expect(await left(together)).toEqual(await left(singly));
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
