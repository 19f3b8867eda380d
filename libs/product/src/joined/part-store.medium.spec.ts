import { openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import { expect, it } from 'vitest';

import { domainMigrations } from '../migrations/all.js';
import { plainArray } from '../outbox/arrays.js';
import { markBelow, UNMARK } from './part-statements.js';

const openDomain = (url: string) =>
  openDatabase({ url, entities: [], migrations: domainMigrations, byKey: true });

it.each([1, 2])(
  'looks up the rows below what changed by their parents, however many a table has (distance %i)',
  async (distance) => {
    const place = await testDatabase();
    const database = await openDomain(place.url);
    const client = await database.pool.connect();
    try {
      const { text } = markBelow(distance);
      await client.query(`PREPARE below (bytea[], text) AS ${text}`);
      const { rows } = await client.query<Record<string, string>>(
        `EXPLAIN EXECUTE below ('{}', 'CYP201')`,
      );
      const plan = rows.map((row) => row['QUERY PLAN'] ?? '');
      const scans = plan.filter((line) => line.includes(' on part_row'));
      expect(scans).toHaveLength(distance + 1);
      expect(scans.every((line) => line.includes('using part_row_parent on'))).toBe(true);
    } finally {
      client.release();
      await database.close();
      await place.drop();
    }
  },
);

it('looks up marks by their numbers, also where the planner takes the table for empty', async () => {
  const place = await testDatabase();
  const database = await openDomain(place.url);
  const client = await database.pool.connect();
  const marked = 5_000;
  const mark = () =>
    client.query(
      `INSERT INTO part_mark (key, source, mark, digest, held)
       SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), 'csds', n, '', false FROM generate_series(1, ${marked}) n`,
    );
  try {
    await mark();
    await client.query('DELETE FROM part_mark');
    // Now it has pages and no row: so many more are expected on further pages.
    await client.query('ANALYZE part_mark');
    await mark();
    const numbers = [7, 77, 777, marked];
    const values = [plainArray(numbers), 'csds'];
    await client.query(`PREPARE unmark (int8[], text) AS ${UNMARK.text}`);
    const { rows } = await client.query<Record<string, unknown>>(
      `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE unmark ('${plainArray(numbers)}', 'csds')`,
    );
    expect(rowsReadOf(JSON.stringify(rows))).toBeLessThan(100);
    const { rows: left } = await client.query('SELECT count(*)::int AS n FROM part_mark');
    expect(left).toEqual([{ n: marked - numbers.length }]);
    await expect(client.query(UNMARK.text, values)).rejects.toMatchObject({ code: '40001' });
  } finally {
    client.release();
    await database.close();
    await place.drop();
  }
});

/** All rows that the steps of a plan gave or threw away. */
function rowsReadOf(plan: string): number {
  const counts = [...plan.matchAll(/"(Actual Rows|Rows Removed by [^"]+)": (\d+)/g)];
  return counts.reduce((sum, [, , count]) => sum + Number(count), 0);
}
