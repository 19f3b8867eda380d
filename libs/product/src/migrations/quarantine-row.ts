import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of which return a row is that was refused: the same row of an earlier one does not make it good. */
export class QuarantineRow1795318000001 implements MigrationInterface {
  readonly name = 'QuarantineRow1795318000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE quarantine ADD COLUMN landing_at bigint`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE quarantine DROP COLUMN landing_at`);
  }
}
