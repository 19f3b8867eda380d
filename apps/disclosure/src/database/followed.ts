import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When an edition was last known to be followed. */
export class Followed1795321000002 implements MigrationInterface {
  readonly name = 'Followed1795321000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE edition ADD COLUMN followed_at timestamptz NOT NULL DEFAULT now()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE edition DROP COLUMN followed_at`);
  }
}
