import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The domain whose service reads under a grant of individual care, beside the grant's own principal. */
export class GrantConsumer1795312800070 implements MigrationInterface {
  name = 'GrantConsumer1795312800070';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "access_grant" ADD "consumer" text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "access_grant" DROP COLUMN "consumer"');
  }
}
