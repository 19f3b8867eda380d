import type { MigrationInterface, QueryRunner } from 'typeorm';

import { UNVACUUMED } from './outbox.js';

/** Partitions of the outbox are dropped and never cleaned; those that are there learn it here, later ones when they are made. */
export class OutboxUnvacuumed1795313000004 implements MigrationInterface {
  readonly name = 'OutboxUnvacuumed1795313000004';

  async up(runner: QueryRunner): Promise<void> {
    for (const partition of await partitions(runner))
      await runner.query(`ALTER TABLE ${partition} SET (${UNVACUUMED})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const partition of await partitions(runner))
      await runner.query(
        `ALTER TABLE ${partition} RESET (autovacuum_enabled, toast.autovacuum_enabled)`,
      );
  }
}

/** Not the default partition: rows are deleted from it. */
async function partitions(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(
    `SELECT c.oid::regclass::text AS name FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
     WHERE inhparent = 'outbox'::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'`,
  )) as { name: string }[];
  return rows.map(({ name }) => name);
}
