import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generations of a recipient's pseudonym key, and the views that grants had before. */
export class KeyGenerations1795313000001 implements MigrationInterface {
  name = 'KeyGenerations1795313000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "grant_product" ADD "generation" integer NOT NULL DEFAULT '1'`);
    await runner.query(
      `CREATE TABLE "key_generation" (
         "organisation" text NOT NULL, "purpose" text NOT NULL, "generation" integer NOT NULL, "motion" text NOT NULL,
         "decided_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "former_until" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
         CONSTRAINT "PK_key_generation" PRIMARY KEY ("organisation", "purpose", "generation"))`,
    );
    await runner.query(
      `CREATE TABLE "grant_former_view" (
         "topic" text NOT NULL, "grant_id" text NOT NULL, "product" text NOT NULL, "major" integer NOT NULL,
         "generation" integer NOT NULL, "view_schema_id" integer NOT NULL,
         "until" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "ended_at" TIMESTAMP(3) WITH TIME ZONE,
         CONSTRAINT "PK_grant_former_view" PRIMARY KEY ("topic"))`,
    );
    await runner.query(
      'CREATE INDEX "grant_former_view_by_grant" ON "grant_former_view" ("grant_id")',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "grant_former_view"');
    await runner.query('DROP TABLE "key_generation"');
    await runner.query('ALTER TABLE "grant_product" DROP COLUMN "generation"');
  }
}
