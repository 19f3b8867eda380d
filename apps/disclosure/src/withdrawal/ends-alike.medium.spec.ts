import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { keys } from '@caremesh/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { StandInMailbox } from '../check-service/stand-in.js';
import { nhsNumberOf } from '../choices/people.js';
import type { GrantedView } from '../grants/governance.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { DOMAIN_KEYS, personOf } from '../spec/publisher.js';
import type { Person } from '../spec/publisher.js';
import type { Disclosed } from '../spec/reader.js';

const PRODUCT = 'gp.medication-statement';
const MAJOR = 31;
const PATIENCE = { timeout: 30_000, interval: 50 };
const home = mkdtempSync(join(tmpdir(), 'caremesh-ends-alike-'));
const FILE = join(home, 'opted-out.txt');
const mailbox = new StandInMailbox(FILE);
let rig: Rig;
let view: GrantedView;

/** A synthetic person with a number that a check service takes. */
const person = (n: number): Person => {
  for (let body = 930_000_000 + n * 20; ; body++) {
    const nhsNumber = nhsNumberOf(body);
    if (nhsNumber.length === 10) return { nhsNumber, localId: `E${n}`, postcode: 'LS1 4AB' };
  }
};
/** By what ends their records; the last two stay, one of them as who another was joined to. */
const [chooser, retracted, merged, restricted, over, erased, stays, survivor] = Array.from(
  { length: 8 },
  (_, n) => person(n),
) as [Person, Person, Person, Person, Person, Person, Person, Person];
const ENDED = { chooser, retracted, merged, restricted, over, erased };
const everybody = [...Object.values(ENDED), stays, survivor];
const optOut = (...out: Person[]) =>
  writeFileSync(FILE, `# test\n${out.map(({ nhsNumber }) => nhsNumber).join('\n')}\n`);
async function settle(): Promise<void> {
  for (let n = 0; n < 3; n++) await rig.look();
}

beforeAll(async () => {
  optOut();
  rig = await disclosureRig(
    () => mailbox,
    { pace: { refreshMs: 0, againMs: 0, answerMs: 60_000 } },
    MAJOR,
  );
  view = await rig.grant('endsalike');
});
afterAll(async () => {
  await rig.close();
  rmSync(home, { recursive: true });
});

const record = (n: number) => keys.recordKey(DOMAIN_KEYS.gp, PRODUCT, `source-${n}`);
const keyOf = (n: number, one: Person) => keys.messageKey(personOf(PRODUCT, one), record(n));
const live = (records: readonly Disclosed[]) =>
  [...new Map(records.map((one) => [one.key, one])).values()].filter(({ value }) => value !== null);

/** The rows of a table that are of somebody, but for what is their own and for moments. */
async function rowsOf(table: string, one: Person): Promise<object[]> {
  const { rows } = await rig.pool.query<{ row: Record<string, unknown> }>(
    `SELECT to_jsonb(t) AS row FROM ${table} t WHERE to_jsonb(t)::text LIKE '%' || $1 || '%' ORDER BY 1`,
    [personOf(PRODUCT, one)],
  );
  const own = ['id', 'source_key', 'source_person', 'pseudonym', 'key', 'sealed'];
  return rows.map(({ row }) =>
    Object.fromEntries(
      Object.entries(row).filter(([name]) => !own.includes(name) && !name.endsWith('at')),
    ),
  );
}

async function countOf(table: string): Promise<number> {
  const { rows } = await rig.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return rows[0]!.n;
}

/** Every table that anything is kept in of people or records. */
async function tables(): Promise<string[]> {
  const { rows } = await rig.pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_name NOT LIKE 'outbox%' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** What is told of an end but for its own names, moment and chance. */
const wording = ({ value, headers }: Disclosed): Record<string, unknown> => {
  const { ce_id: _, ce_time: __, ce_recordedtime: ___, traceparent: ____, ...same } = headers;
  return { value, ...same };
};

test('what is kept and told of records that ended is the same, whatever ended them', async () => {
  await rig.publish(...everybody.map((one, n): [number, Person] => [n, one]));
  // The list is asked for when everybody has been noted.
  await vi.waitUntil(async () => (await countOf('cohort_person')) === 8, PATIENCE);
  await settle();
  expect(await rig.read(view, 8)).toHaveLength(8);
  // As their publisher tells it: a correction; records that go on under somebody else's key; a choice or restriction kept at
  // the publisher, and the end of retention, which are tombstones; and an erasure tool's, that says nothing but the key.
  await rig.publish(
    [1, retracted, { revision: 2, changeType: 'RETRACTED' }],
    [100, merged, { changeType: 'MERGED', survivorKey: personOf(PRODUCT, survivor) }],
    [2, merged, { revision: 2, changeType: null }],
    [2, survivor, { revision: 2, changeType: 'UPDATED' }],
    [3, restricted, { revision: 2, changeType: null }],
    [4, over, { revision: 2, changeType: null }],
    [5, erased, { changeType: null, bare: true }],
  );
  optOut(chooser);
  await settle();
  const told = await rig.read(view, 16);
  expect(told).toHaveLength(16);
  const ends = told.filter(({ value }) => value === null);
  expect(ends).toHaveLength(6);
  for (const end of ends) {
    const { ce_sequence: _, ...first } = wording(ends[0]!);
    const { ce_sequence: sequence, ...other } = wording(end);
    expect(other).toEqual(first);
    // Of the one that was joined to another that was told before, as it is told.
    expect(['2', '3']).toContain(sequence);
  }
  const kept: Record<string, Record<string, object[]>> = {};
  for (const table of await tables())
    for (const [name, one] of Object.entries(ENDED)) {
      if (one === merged) continue;
      const rows = await rowsOf(table, one);
      if (rows.length > 0) kept[table] = { ...kept[table], [name]: rows };
    }
  expect(Object.keys(kept)).toEqual(['cohort_person', 'view_person', 'view_record', 'withdrawn']);
  for (const of of Object.values(kept)) {
    expect(Object.keys(of)).toEqual(['chooser', 'retracted', 'restricted', 'over', 'erased']);
    expect(Object.values(of)).toEqual(Object.values(of).map(() => of['chooser']));
  }
  // The record that was joined to another, without what says who continues.
  expect(await endedRows(2, merged)).toEqual(await endedRows(0, chooser));
});

const endedRows = async (n: number, one: Person) => {
  const { rows } = await rig.pool.query(
    `SELECT revision, live, shift, ended_in FROM view_record WHERE source_key = $1`,
    [keyOf(n, one)],
  );
  return rows as object[];
};

test('said again, what ended does not come back; nor does who chose, while the choice holds', async () => {
  await rig.publish(...[0, 1, 2, 3, 4, 5].map((n): [number, Person] => [n, everybody[n]!]), [
    6,
    stays,
    2,
  ]);
  const told = await rig.read(view, 17);
  expect(told).toHaveLength(17);
});

test('when the choice is lifted its records come back, above their end, and nothing else does', async () => {
  const before = await rig.read(view, 17);
  optOut();
  await settle();
  const told = await rig.read(view, 18);
  expect(told).toHaveLength(18);
  const [back] = told.filter(
    ({ headers }) => !before.some((one) => one.headers['ce_id'] === headers['ce_id']),
  );
  const end = before.find(({ key, value }) => key === back!.key && value === null)!;
  expect(back!.value).not.toBeNull();
  expect(Number(back!.headers['ce_recordrevision'])).toBeGreaterThan(
    Number(end.headers['ce_recordrevision']),
  );
  // And goes on from there, as does one that its publisher takes up again.
  await rig.publish([0, chooser, 2], [1, retracted, { revision: 3, changeType: 'UPDATED' }]);
  const after = await rig.read(view, 20);
  expect(after).toHaveLength(20);
  expect(live(after)).toHaveLength(6);
});
