import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Under which list of codes a view was written: its digest, empty without a list. */
export class CodesInForce1795312800114 implements MigrationInterface {
  readonly name = 'CodesInForce1795312800114';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view ADD COLUMN codes text NOT NULL DEFAULT ''`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view DROP COLUMN codes`);
  }
}
