import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { migrations } from '../disclosure.module.js';
import { FileWrapping } from '../keys/wrapping.js';
import { StoredPseudonymKeys } from '../keys/pseudonym-keys.js';
import type { KeyUse } from '../keys/pseudonym-keys.js';
import { KeyOfEachRule1795315000001 } from './key-of-each-rule.js';
import { Registrations1795324000001 } from './registrations.js';

const wrapping = new FileWrapping(() => Buffer.alloc(32, 7));
const before = migrations.slice(0, migrations.indexOf(KeyOfEachRule1795315000001));
const KEYS = { both: 1, bound: 2, free: 3 } as const;
let place: TestDatabase;
let database: Database;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations: before });
  const { pool } = database;
  for (const [organisation, n] of Object.entries(KEYS)) {
    const { bytes, wrappedBy } = await wrapping.wrap(
      Buffer.alloc(32, n),
      `pseudonym/${organisation}/research`,
    );
    await pool.query(
      `INSERT INTO pseudonym_key (organisation, purpose, wrapped, wrapped_by) VALUES ($1, 'research', $2, $3)`,
      [organisation, bytes, wrappedBy],
    );
  }
  await pool.query(`INSERT INTO edition (topic) VALUES ('edition')`);
  await pool.query(`
    INSERT INTO view (topic, edition, grant_id, product, major, organisation, purpose, schema_id, active)
    SELECT topic, 'edition', topic, 'gp.visit', 1, organisation, 'research', 1, active
    FROM (VALUES ('both.1', 'both', true), ('both.2', 'both', true), ('bound.1', 'bound', true),
      ('free.1', 'free', true), ('free.2', 'free', false)) of (topic, organisation, active)`);
  await pool.query(`
    INSERT INTO view_terms (view_id, opt_out) SELECT id, topic IN ('both.1', 'bound.1') FROM view`);
  // What software of before left of records that a choice ended (once, twice and back again), and of corrected ones.
  await pool.query(`
    INSERT INTO view_record (view_id, source_key, revision, live, shift)
    SELECT id, key, revision, live, shift FROM view, (VALUES ('a.chose', -1, false, 2), ('b.chose', -1, false, 4),
      ('c.back', 3, true, 2), ('d.retracted', 2, false, 0), ('e.stays', 1, true, 0)) of (key, revision, live, shift)
    WHERE topic = 'both.1'`);
  await pool.query(`
    INSERT INTO view_record (view_id, source_key, revision, live)
    SELECT id, key, revision, live FROM view, (VALUES ('d.retracted', 5, false), ('e.stays', 1, true)) of (key, revision, live)
    WHERE topic = 'free.1'`);
  await pool.query(
    `INSERT INTO view_backfill SELECT id, 0, 9, topic = 'free.1' FROM view WHERE active`,
  );
  await pool.query(`
    INSERT INTO care_person (edition, source_person, sequence, organisations)
    VALUES ('edition', 'registered', 5, '{A20047,B83002}'), ('edition', 'known', -1, '{}')`);
  await database.close();
  database = await openDatabase({ url: place.url, entities: [], migrations });
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

test('every view goes on with the key it has; a key whose views are all exempt is that of later exempt ones too', async () => {
  const { rows } = await database.pool.query<{ topic: string; of: KeyUse['optOut'] }>(
    `SELECT topic, key_opt_out AS of FROM view ORDER BY topic`,
  );
  expect(rows.map(({ topic, of }) => [topic, of])).toEqual([
    ['both.1', 'applies'],
    ['both.2', 'applies'],
    ['bound.1', 'applies'],
    ['free.1', 'exempt'],
    ['free.2', 'exempt'],
  ]);
  const keys = new StoredPseudonymKeys(database.pool, wrapping);
  const keyOf = (organisation: string, optOut: KeyUse['optOut']) =>
    keys.keyOf({ organisation, purpose: 'research', optOut });
  for (const { topic, of } of rows) {
    const organisation = topic.split('.')[0] as keyof typeof KEYS;
    expect(await keyOf(organisation, of)).toEqual(Buffer.alloc(32, KEYS[organisation]));
  }
  // What begins later under the other rule has a key of its own.
  for (const [organisation, rule] of [
    ['both', 'exempt'],
    ['bound', 'exempt'],
    ['free', 'applies'],
  ] as const)
    expect(Object.values(KEYS).map((n) => Buffer.alloc(32, n))).not.toContainEqual(
      await keyOf(organisation, rule),
    );
});

test('what was kept of records that ended is alike by now, and who was back goes on from where they are', async () => {
  const { rows } = await database.pool.query(
    `SELECT topic, source_key AS key, revision::int, live, shift, ended_in AS "endedIn", refill
     FROM view_record r JOIN view v ON v.id = r.view_id JOIN view_terms t ON t.view_id = v.id ORDER BY 1, 2`,
  );
  const ended = { live: false, endedIn: 1 };
  const mixed = { topic: 'both.1', shift: 4, refill: true };
  const plain = { topic: 'free.1', refill: false };
  expect(rows).toEqual([
    { ...mixed, ...ended, key: 'a.chose', revision: 1 },
    { ...mixed, ...ended, key: 'b.chose', revision: 1 },
    { ...mixed, key: 'c.back', revision: 3, live: true, endedIn: 0 },
    { ...mixed, ...ended, key: 'd.retracted', revision: 1 },
    { ...mixed, key: 'e.stays', revision: 1, live: true, endedIn: 0 },
    { ...plain, ...ended, key: 'd.retracted', revision: 4, shift: 2 },
    { ...plain, key: 'e.stays', revision: 1, live: true, shift: 0, endedIn: 0 },
  ]);
});

test('with whom somebody was registered is known on, and again by the software of before', async () => {
  const { pool } = database;
  const told = await pool.query(
    `SELECT source_person, source_record, place, stated_at, has_ended, registered, referred FROM care_record
     ORDER BY source_person`,
  );
  const [rest, referred] = [{ source_record: '', stated_at: null, has_ended: false }, []];
  expect(told.rows).toEqual([
    { source_person: 'known', ...rest, place: '-1', registered: [], referred },
    {
      source_person: 'registered',
      ...rest,
      place: '5',
      registered: ['A20047', 'B83002'],
      referred,
    },
  ]);
  await pool.query(`
    INSERT INTO care_record (edition, source_person, source_record, sequence, place, stated_at, registered, referred)
    VALUES ('edition', 'registered', 'r', 3, 3, 1, '{D82023}', '{RRK}')`);
  const runner = { query: (text: string) => pool.query(text) } as never;
  await new Registrations1795324000001().down(runner);
  const people = await pool.query(`SELECT source_person, organisations FROM care_person`);
  expect(people.rows).toEqual([{ source_person: 'registered', organisations: ['D82023'] }]);
  const referrals = await pool.query(`SELECT source_record, organisations FROM care_referral`);
  expect(referrals.rows).toEqual([{ source_record: 'r', organisations: ['RRK'] }]);
  await new Registrations1795324000001().up(runner);
});
