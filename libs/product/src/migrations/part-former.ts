import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What rows of a return said before they were corrected in the same return, by which a file delivered again is known. It goes with the
 * row. And entries that were put away, by what they are of: what is refused in the same way again stays put away.
 */
export class PartFormer1795322000001 implements MigrationInterface {
  readonly name = 'PartFormer1795322000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE part_former (
        key bytea NOT NULL REFERENCES part_row (key) ON DELETE CASCADE,
        digest bytea NOT NULL,
        at bigint NOT NULL,
        PRIMARY KEY (key, digest, at)
      )`);
    await runner.query(`
      CREATE INDEX quarantine_discarded ON quarantine (landing) WHERE state = 'discarded' AND landing IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX quarantine_discarded`);
    await runner.query(`DROP TABLE part_former`);
  }
}
