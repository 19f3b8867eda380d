import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Decisions that records are kept longer than their contract says. */
export class Retention1795312800032 implements MigrationInterface {
  name = 'Retention1795312800032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE "retention_extension" ("id" text NOT NULL, "product" text NOT NULL, "state" text NOT NULL, "until" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "reason" text NOT NULL, "proposed_by" text NOT NULL, "team" text, "proposed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "decided_by" text, "decided_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_retention_extension" PRIMARY KEY ("id"))',
    );
    await runner.query(
      'CREATE INDEX "retention_extension_by_product" ON "retention_extension" ("product")',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "retention_extension"');
  }
}
