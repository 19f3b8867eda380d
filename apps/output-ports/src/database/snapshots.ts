import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The snapshot of each view that can be fetched: the newest, and no other. */
export class Snapshots1795313000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE port_view ADD COLUMN snapshot_wanted boolean NOT NULL DEFAULT false',
    );
    await runner.query(`
      CREATE TABLE snapshot (
        topic text PRIMARY KEY REFERENCES port_view ON DELETE CASCADE,
        id text NOT NULL,
        taken_at timestamptz NOT NULL,
        manifest jsonb NOT NULL,
        files jsonb NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE snapshot');
    await runner.query('ALTER TABLE port_view DROP COLUMN snapshot_wanted');
  }
}
