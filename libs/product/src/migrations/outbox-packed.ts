import type { MigrationInterface, QueryRunner } from 'typeorm';

import { IN_PAGE } from './outbox.js';

/** A row may hold several records (`outbox/pack.ts`): it stays in its page instead of being cut into pieces of 2 kB, each with an index entry. */
export class OutboxPacked1795312800150 implements MigrationInterface {
  readonly name = 'OutboxPacked1795312800150';

  async up(runner: QueryRunner): Promise<void> {
    for (const partition of await partitions(runner))
      await runner.query(`ALTER TABLE ${partition} SET (${IN_PAGE})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const partition of await partitions(runner))
      await runner.query(`ALTER TABLE ${partition} RESET (toast_tuple_target)`);
  }
}

async function partitions(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'outbox'::regclass`,
  )) as { name: string }[];
  return rows.map(({ name }) => name);
}
