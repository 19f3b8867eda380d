import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When views were last known to be followed. */
export class Followed1795321000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE reader ADD COLUMN followed_at timestamptz NOT NULL DEFAULT now()',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE reader DROP COLUMN followed_at');
  }
}
