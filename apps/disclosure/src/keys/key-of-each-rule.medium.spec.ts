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
import type { Person } from '../spec/publisher.js';
import type { Disclosed } from '../spec/reader.js';

const MAJOR = 30;
const PEOPLE = 12;
const PATIENCE = { timeout: 30_000, interval: 50 };
const home = mkdtempSync(join(tmpdir(), 'caremesh-rules-'));
const FILE = join(home, 'opted-out.txt');
const mailbox = new StandInMailbox(FILE);
let rig: Rig;

/** Whoever has opted out is the last. */
const people = Array.from({ length: 8 * PEOPLE }, (_, n) => nhsNumberOf(940_000_000 + n))
  .filter((digits) => digits.length === 10)
  .slice(0, PEOPLE)
  .map((nhsNumber, n): Person => ({ nhsNumber, localId: `K${n}`, postcode: 'LS1 4AB' }));

/** The rules of the decision table's two sides, each by more than one road. */
const APPLIES = { commonLaw: 's251' } as const;
const EXEMPT = { commonLaw: 'consent' } as const;
const EXEMPTED = { commonLaw: 's251', exemption: 'communicable-disease' } as const;

beforeAll(async () => {
  writeFileSync(FILE, `${people.at(-1)!.nhsNumber}\n`);
  rig = await disclosureRig(
    () => mailbox,
    { pace: { refreshMs: 0, againMs: 0, answerMs: 60_000 } },
    MAJOR,
  );
});
afterAll(async () => {
  await rig.close();
  rmSync(home, { recursive: true });
});

/** Every name that was made for the recipient: whatever has the shape of one, wherever it stands. */
const namesIn = (records: readonly Disclosed[]): Set<string> =>
  new Set(
    records
      .flatMap(({ key, headers, value }) => [
        ...JSON.stringify([key, headers['ce_id'], value]).matchAll(/\b[a-z2-7]{26}\b/g),
      ])
      .map(([name]) => name),
  );
const common = (one: readonly Disclosed[], other: readonly Disclosed[]): string[] => {
  const theirs = namesIn(other);
  return [...namesIn(one)].filter((name) => theirs.has(name));
};
async function settle(): Promise<void> {
  for (let n = 0; n < 3; n++) await rig.look();
}
async function noted(count: number): Promise<void> {
  const people = async () => (await rig.pool.query(`SELECT FROM cohort_person`)).rowCount! >= count;
  await vi.waitUntil(people, PATIENCE);
}

test('grants of one organisation and purpose join under one rule of the opt-out, and on nothing across the rules', async () => {
  const views = {
    bound: await rig.grant('rulebound', APPLIES),
    boundToo: await rig.grant('ruleboundtoo', APPLIES),
    free: await rig.grant('rulefree', EXEMPT),
    freeToo: await rig.grant('rulefreetoo', EXEMPTED),
  };
  await rig.publish(...people.map((one, n): [number, Person] => [n, one]));
  await noted(PEOPLE);
  await settle();
  const read = async (view: GrantedView, atLeast: number) => {
    const records = await rig.read(view, atLeast);
    expect(records).toHaveLength(atLeast);
    return records;
  };
  const bound = await read(views.bound, PEOPLE - 1);
  const boundToo = await read(views.boundToo, PEOPLE - 1);
  const free = await read(views.free, PEOPLE);
  const freeToo = await read(views.freeToo, PEOPLE);
  // Person, record and event of each, and fields under names of their own.
  expect(namesIn(bound).size).toBeGreaterThanOrEqual(3 * (PEOPLE - 1));
  expect(new Set(common(bound, boundToo))).toEqual(namesIn(bound));
  expect(new Set(common(free, freeToo))).toEqual(namesIn(free));
  for (const one of [bound, boundToo])
    for (const other of [free, freeToo]) expect(common(one, other)).toEqual([]);
});

test('a view from before, under the key of both rules, goes on with it until a key is decided; a new one has its rule’s', async () => {
  const recipient = { organisation: 'QUY', purpose: 'audit' } as const;
  // As the upgrade leaves it: the key that both had is of the views that the opt-out applies to.
  await rig.pool.query(`
    CREATE FUNCTION of_before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.key_opt_out := 'applies'; RETURN NEW; END $$;
    CREATE TRIGGER of_before BEFORE INSERT ON view FOR EACH ROW WHEN (NEW.grant_id = 'beforefree' AND NEW.key_generation = 1)
      EXECUTE FUNCTION of_before()`);
  const views = {
    bound: await rig.grant('beforebound', { ...APPLIES, recipient }),
    free: await rig.grant('beforefree', { ...EXEMPT, recipient }),
    later: await rig.grant('afterfree', { ...EXEMPT, recipient }),
  };
  await settle();
  const [bound, free, later] = [
    await rig.read(views.bound, PEOPLE - 1),
    await rig.read(views.free, PEOPLE),
    await rig.read(views.later, PEOPLE),
  ];
  expect([bound.length, free.length, later.length]).toEqual([PEOPLE - 1, PEOPLE, PEOPLE]);
  expect(new Set(common(bound, free))).toEqual(namesIn(bound));
  expect(common(later, free)).toEqual([]);
  const keys = await rig.parts.keys.list();
  const ofAudit = keys.filter(({ purpose }) => purpose === 'audit');
  expect(ofAudit.map(({ nationalOptOut, otherRule }) => [nationalOptOut, otherRule])).toEqual([
    ['applies', 1],
    ['exempt', 0],
  ]);

  const renamed = {
    bound: await rig.grant('beforebound', { ...APPLIES, recipient, keyGeneration: 2 }),
    free: await rig.grant('beforefree', { ...EXEMPT, recipient, keyGeneration: 2 }),
  };
  await settle();
  const now = {
    bound: await rig.read(renamed.bound, PEOPLE - 1),
    free: await rig.read(renamed.free, PEOPLE),
  };
  expect([now.bound.length, now.free.length]).toEqual([PEOPLE - 1, PEOPLE]);
  expect(common(now.bound, now.free)).toEqual([]);
  // Who became whom is told where it joins nothing that the new keys part.
  await vi.waitUntil(async () => {
    await rig.look();
    await rig.parts.renamings.look();
    const { rows } = await rig.pool.query<{ topic: string }>(
      `SELECT topic FROM view WHERE renamed_at IS NOT NULL`,
    );
    return rows.length > 0 && rows.every(({ topic }) => topic === renamed.bound.topic);
  }, PATIENCE);
  expect(await renamings('beforebound', 1)).toHaveLength(1);
  expect(await renamings('beforefree', 0)).toEqual([]);
});

async function renamings(grant: string, atLeast: number): Promise<Disclosed[]> {
  const topic = names.renamingsTopic(grant);
  const schemaId = await new SchemaRegistry(rig.stack.registryUrl).latestId(names.subjectOf(topic));
  return rig.read({ topic, schemaId: schemaId! }, atLeast);
}
