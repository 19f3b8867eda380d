import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How products stand: what the monitor found, what was measured, what is not kept. Numbers and positions alone. */
export class Health1795312800031 implements MigrationInterface {
  name = 'Health1795312800031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "product_standing" ("product" text NOT NULL, "major" integer NOT NULL, "conformance" text NOT NULL DEFAULT 'unknown', "conformance_since" TIMESTAMP(3) WITH TIME ZONE, "last_found_at" TIMESTAMP(3) WITH TIME ZONE, "last_finding" jsonb, "totals" jsonb, "breaches" jsonb NOT NULL DEFAULT '[]', "health_since" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_product_standing" PRIMARY KEY ("product", "major"))`,
    );
    await runner.query(
      'CREATE TABLE "product_measure" ("product" text NOT NULL, "major" integer NOT NULL, "source" text NOT NULL, "numbers" jsonb NOT NULL, "measured_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_product_measure" PRIMARY KEY ("product", "major", "source"))',
    );
    await runner.query(
      'CREATE TABLE "conformance_finding" ("topic" text NOT NULL, "partition" integer NOT NULL, "offset" bigint NOT NULL, "product" text NOT NULL, "major" integer NOT NULL, "step" text NOT NULL, "code" text NOT NULL, "path" text, "schema_id" bigint, "publisher" text, "written_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "found_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_conformance_finding" PRIMARY KEY ("topic", "partition", "offset"))',
    );
    await runner.query(
      'CREATE INDEX "conformance_finding_by_product" ON "conformance_finding" ("product", "found_at")',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "conformance_finding"');
    await runner.query('DROP TABLE "product_measure"');
    await runner.query('DROP TABLE "product_standing"');
  }
}
