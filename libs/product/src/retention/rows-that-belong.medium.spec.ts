import { openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import { expect, it } from 'vitest';

import { domainMigrations } from '../migrations/all.js';
import { keepRetention } from './keep-retention.js';

const KEPT = {
  contract: { product: 'test.product', retention: { period: 'P1Y', records: 'P10Y' } },
  live: { id: 'test.product', major: 1 },
};

it('a row stays for as long as any that stands on it, however far down', async () => {
  const place = await testDatabase();
  const database = await openDatabase({
    ...{ url: place.url, entities: [], migrations: domainMigrations, byKey: true },
  });
  const { pool } = database;
  const kept = async () => {
    const { rows } = await pool.query<{ part: string }>('SELECT part FROM part_row ORDER BY key');
    return rows.map(({ part }) => part);
  };
  try {
    // A patient and a referral of long ago; the contact came yesterday.
    await pool.query(
      `INSERT INTO part_row (key, parent, source, part, digest, held, sealed, kept_from) VALUES
         ('\\x01', NULL, 'csds', 'CYP001', '', false, '', now() - interval '30 years'),
         ('\\x02', '\\x01', 'csds', 'CYP101', '', false, '', now() - interval '30 years'),
         ('\\x03', '\\x02', 'csds', 'CYP201', '', false, '', now() - interval '1 day')`,
    );
    await sweepOnce(pool);
    expect(await kept()).toEqual(['CYP001', 'CYP101', 'CYP201']);
    await pool.query(`UPDATE part_row SET kept_from = now() - interval '30 years'`);
    await sweepOnce(pool);
    expect(await kept()).toEqual([]);
  } finally {
    await database.close();
    await place.drop();
  }
});

it('what belongs to a root stays for as long as that does, and no longer', async () => {
  const place = await testDatabase();
  const database = await openDatabase({
    ...{ url: place.url, entities: [], migrations: domainMigrations, byKey: true },
  });
  const { pool } = database;
  const kept = async () => {
    const { rows } = await pool.query<{ part: string }>('SELECT part FROM part_row ORDER BY key');
    return rows.map(({ part }) => part);
  };
  try {
    // What was done at a contact of long ago that was corrected yesterday; the patient comes again and again.
    await pool.query(
      `INSERT INTO part_row (key, parent, source, part, digest, held, sealed, kept_from) VALUES
         ('\\x01', NULL, 'csds', 'CYP001', '', false, '', now()),
         ('\\x02', '\\x01', 'csds', 'CYP101', '', false, '', now() - interval '30 years'),
         ('\\x03', '\\x02', 'csds', 'CYP201', '', false, '', now() - interval '1 day'),
         ('\\x04', '\\x03', 'csds', 'CYP202', '', false, '', now() - interval '30 years')`,
    );
    await sweepOnce(pool);
    expect(await kept()).toEqual(['CYP001', 'CYP101', 'CYP201', 'CYP202']);
    await pool.query(
      `UPDATE part_row SET kept_from = now() - interval '30 years' WHERE part = 'CYP201'`,
    );
    // What was done there is stated once more and does not keep it.
    await pool.query(`UPDATE part_row SET kept_from = now() WHERE part = 'CYP202'`);
    await sweepOnce(pool);
    expect(await kept()).toEqual(['CYP001']);
  } finally {
    await database.close();
    await place.drop();
  }
});

type Pool = Awaited<ReturnType<typeof openDatabase>>['pool'];

async function sweepOnce(pool: Pool): Promise<void> {
  const stopping = new AbortController();
  const nothing = async () => undefined;
  const parts = {
    ...{
      pool,
      products: () => [KEPT],
      belowRoots: ['CYP202'],
      holds: { stands: async () => false },
    },
    ...{ submissions: { dropOrphans: nothing }, committer: {}, everyMs: 3_600_000 },
    // The last thing of a sweep but the parts themselves.
    quarantine: { forget: async () => stopping.abort() },
    log: { info: nothing, warn: (detail: object) => expect(detail).toBeNull() },
  };
  await keepRetention(parts as never, stopping.signal);
}
