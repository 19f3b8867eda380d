import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Majors1795312800050 implements MigrationInterface {
  readonly name = 'Majors1795312800050';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE "product_major" ADD "notice_until" TIMESTAMP(3) WITH TIME ZONE`,
    );
    await runner.query(
      `CREATE TABLE "major_step" ("id" text NOT NULL, "product" text NOT NULL, "major" integer NOT NULL, "step" text NOT NULL, "state" text NOT NULL, "reason" text NOT NULL, "notice_until" TIMESTAMP(3) WITH TIME ZONE, "proposed_by" text NOT NULL, "team" text, "proposed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "decided_by" text, "decided_at" TIMESTAMP(3) WITH TIME ZONE, "words" text, CONSTRAINT "major_step_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "major_step_one_open" ON "major_step" ("product", "major") WHERE state = 'proposed'`,
    );
    await runner.query(
      `CREATE TABLE "grant_reading" ("grant_id" text NOT NULL, "topic" text NOT NULL, "committed" bigint NOT NULL, "read_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "grant_reading_pkey" PRIMARY KEY ("grant_id", "topic"))`,
    );
    await runner.query(
      `CREATE TABLE "major_parity" ("product" text NOT NULL, "from_major" integer NOT NULL, "to_major" integer NOT NULL, "counted_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "counts" jsonb NOT NULL, CONSTRAINT "major_parity_pkey" PRIMARY KEY ("product", "from_major", "to_major"))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "major_parity"');
    await runner.query('DROP TABLE "grant_reading"');
    await runner.query('DROP TABLE "major_step"');
    await runner.query('ALTER TABLE "product_major" DROP COLUMN "notice_until"');
  }
}
