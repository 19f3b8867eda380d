import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often records have left a table, and how often its snapshot was wished for; and, of each snapshot, which of these it has
 * seen. Counted, because a time says nothing of what had not committed then.
 */
export class Removals1795323000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE port_view ADD COLUMN removals bigint NOT NULL DEFAULT 0,
        ADD COLUMN wishes bigint NOT NULL DEFAULT 0`);
    await runner.query('UPDATE port_view SET wishes = 1 WHERE snapshot_wanted');
    await runner.query('ALTER TABLE port_view DROP COLUMN snapshot_wanted');
    await runner.query(`
      ALTER TABLE snapshot ADD COLUMN removals bigint NOT NULL DEFAULT 0,
        ADD COLUMN wishes bigint NOT NULL DEFAULT 0,
        ADD COLUMN took_ms bigint NOT NULL DEFAULT 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE port_view ADD COLUMN snapshot_wanted boolean NOT NULL DEFAULT false',
    );
    await runner.query('ALTER TABLE port_view DROP COLUMN removals, DROP COLUMN wishes');
    await runner.query(
      'ALTER TABLE snapshot DROP COLUMN removals, DROP COLUMN wishes, DROP COLUMN took_ms',
    );
  }
}
