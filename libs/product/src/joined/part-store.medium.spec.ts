import { openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import { expect, it } from 'vitest';

import { domainMigrations } from '../migrations/all.js';
import { markBelow } from './part-store.js';

it.each([1, 2])(
  'looks up the rows below what changed by their parents, however many a table has (distance %i)',
  async (distance) => {
    const place = await testDatabase();
    const database = await openDatabase({
      url: place.url,
      entities: [],
      migrations: domainMigrations,
      byKey: true,
    });
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
