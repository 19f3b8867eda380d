import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which retracted records come back only by a change that opens them: their source said that they never were. */
export class RecordClosed1795319000001 implements MigrationInterface {
  readonly name = 'RecordClosed1795319000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE record ADD COLUMN closed boolean NOT NULL DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE record DROP COLUMN closed`);
  }
}
