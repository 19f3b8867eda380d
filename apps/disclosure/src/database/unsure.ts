import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `unsure`: a view that was ended has begun again, and its edition has not said of the record since that it is there. What ended meanwhile
 * is not in the edition for ever.
 */
export class Unsure1795320000042 implements MigrationInterface {
  readonly name = 'Unsure1795320000042';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_record ADD COLUMN unsure boolean NOT NULL DEFAULT false`);
    await runner.query(`CREATE INDEX view_record_unsure ON view_record (view_id) WHERE unsure`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX view_record_unsure`);
    await runner.query(`ALTER TABLE view_record DROP COLUMN unsure`);
  }
}
