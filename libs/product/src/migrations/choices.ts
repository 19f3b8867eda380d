import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a person chose about their record: with the person, whose row is read anyway. Null for nearly everybody. */
export class Choices1795312800120 implements MigrationInterface {
  readonly name = 'Choices1795312800120';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE person ADD COLUMN choices jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE person DROP COLUMN choices`);
  }
}
