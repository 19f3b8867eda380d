import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The role that suspended a grant, which alone gives its access back. Of a grant that ended no later end is asked any more. */
export class SuspendedAs1795314000011 implements MigrationInterface {
  name = 'SuspendedAs1795314000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "access_grant" ADD "suspended_as" text');
    await runner.query(
      `UPDATE "access_grant" g SET "suspended_as" = (
         SELECT e."role" FROM "grant_event" e
          WHERE e."grant_id" = g."id" AND e."event" = 'suspended' ORDER BY e."id" DESC LIMIT 1)
        WHERE g."state" = 'suspended'`,
    );
    await runner.query(
      `UPDATE "access_grant" SET "extension" = NULL WHERE "ended_at" IS NOT NULL AND "extension" IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "access_grant" DROP COLUMN "suspended_as"');
  }
}
