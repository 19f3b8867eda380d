import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a person's whereabouts are restricted: with the person, whose row is read anyway. Null for nearly everybody. */
export class Restriction1795316000001 implements MigrationInterface {
  readonly name = 'Restriction1795316000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE person ADD COLUMN restriction jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE person DROP COLUMN restriction`);
  }
}
