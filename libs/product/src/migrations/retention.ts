import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * From when a record, and a row of a joined source, is kept: its last change. Null for a record whose retention
 * is over. BRIN, because an index of another kind would end heap-only updates of the hottest table.
 */
export class Retention1764000000010 implements MigrationInterface {
  readonly name = 'Retention1764000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE record ADD COLUMN kept_from timestamptz DEFAULT now()`);
    await runner.query(`CREATE INDEX record_kept_from ON record USING brin (kept_from)`);
    await runner.query(
      `ALTER TABLE part_row ADD COLUMN kept_from timestamptz NOT NULL DEFAULT now()`,
    );
    await runner.query(`CREATE INDEX part_row_kept_from ON part_row USING brin (kept_from)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE part_row DROP COLUMN kept_from`);
    await runner.query(`ALTER TABLE record DROP COLUMN kept_from`);
  }
}
