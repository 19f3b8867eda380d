import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Sensitive } from '../log/sensitive.js';
import { openDatabase } from './open.js';

@Entity('parcel')
class Parcel {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'text' })
  colour!: string;
}

class Parcels1763776800001 implements MigrationInterface {
  name = 'Parcels1763776800001';

  // Slow, so that two processes that start at once would meet here without the lock.
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT pg_sleep(0.3)');
    await runner.query('CREATE TABLE parcel (id int PRIMARY KEY, colour text NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE parcel');
  }
}

class Broken1763776800002 implements MigrationInterface {
  name = 'Broken1763776800002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half_done (id int)');
    await runner.query('SELECT no_such_column FROM parcel');
  }

  async down(): Promise<void> {}
}

describe('opening a database', () => {
  let own: TestDatabase;
  const open = (migrations: (new () => MigrationInterface)[] = [Parcels1763776800001]) =>
    openDatabase({ url: new Sensitive(own.url), entities: [Parcel], migrations, poolSize: 2 });

  beforeAll(async () => {
    own = await testDatabase();
  });
  afterAll(() => own.drop());

  it('runs a migration once, also when several processes start at the same moment', async () => {
    const opened = await Promise.all([open(), open(), open()]);
    const { rows } = await opened[0].pool.query('SELECT name FROM migrations');
    expect(rows).toEqual([{ name: 'Parcels1763776800001' }]);
    await Promise.all(opened.map(({ close }) => close()));
  });

  it('gives the pool that the data source works on', async () => {
    const { dataSource, pool, close } = await open();
    await dataSource.getRepository(Parcel).save({ id: 1, colour: 'green' });
    const { rows } = await pool.query('SELECT colour FROM parcel');
    expect(rows).toEqual([{ colour: 'green' }]);
    expect([pool.totalCount, pool.options.max]).toEqual([1, 2]);
    await close();
    expect(pool.ended).toBe(true);
  });

  it('refuses a database that a newer version was at work in, and changes nothing', async () => {
    const { pool, close } = await open();
    await pool.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'Later1999999999999')`);
    await expect(open()).rejects.toMatchObject({
      ...{ code: 'MESH-5004', message: expect.stringContaining('Later1999999999999') as string },
    });
    await pool.query(`DELETE FROM migrations WHERE name = 'Later1999999999999'`);
    await close();
    await (await open()).close();
  });

  it('fails whole when a migration fails, and leaves nothing half done or locked', async () => {
    await expect(open([Parcels1763776800001, Broken1763776800002])).rejects.toThrow(
      /no_such_column/,
    );
    const { pool, close } = await open();
    const half = await pool.query("SELECT to_regclass('half_done') AS found");
    expect(half.rows).toEqual([{ found: null }]);
    // A lock goes with its session, which the server ends after the client has left.
    const locks = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await expect.poll(async () => (await pool.query(locks)).rows, { timeout: 10_000 }).toEqual([]);
    await close();
  });
});
