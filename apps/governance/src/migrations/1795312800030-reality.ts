import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What differed from what was decided, and how much of the broker each grant and domain may use. */
export class Reality1795312800030 implements MigrationInterface {
  name = 'Reality1795312800030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE "drift" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "kind" text NOT NULL, "object" text NOT NULL, "outcome" text NOT NULL, "detail" jsonb NOT NULL, "found_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "cleared_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_drift" PRIMARY KEY ("id"))',
    );
    await runner.query(
      `CREATE UNIQUE INDEX "drift_standing_once" ON "drift" ("kind", "object") WHERE outcome = 'standing'`,
    );
    await runner.query('ALTER TABLE "access_grant" ADD "quota" jsonb');
    await runner.query('ALTER TABLE "domain" ADD "quota" jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "domain" DROP COLUMN "quota"');
    await runner.query('ALTER TABLE "access_grant" DROP COLUMN "quota"');
    await runner.query('DROP TABLE "drift"');
  }
}
