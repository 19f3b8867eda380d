import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The standards catalogue with its revisions, what is put to the leads about it, and who works on a standard. */
export class Standards1795312800020 implements MigrationInterface {
  name = 'Standards1795312800020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE "motion" ("id" text NOT NULL, "kind" text NOT NULL, "subject" text NOT NULL, "content" jsonb NOT NULL, "content_hash" text NOT NULL, "based_on" text, "state" text NOT NULL, "reason" text NOT NULL, "proposed_by" text NOT NULL, "team" text, "demonstration" boolean NOT NULL DEFAULT false, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "decided_by" text, "decided_role" text, "decision_reason" text, "decided_at" TIMESTAMP(3) WITH TIME ZONE, "ends_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_6b577ebda54089e75b75f98058d" PRIMARY KEY ("id"))',
    );
    await runner.query('CREATE INDEX "motion_by_state" ON "motion" ("kind", "state")');
    await runner.query('CREATE INDEX "motion_by_subject" ON "motion" ("kind", "subject")');
    await runner.query(
      'CREATE TABLE "standard" ("key" text NOT NULL, "revision" integer NOT NULL, "content" jsonb NOT NULL, "content_hash" text NOT NULL, "names" text array NOT NULL, "care_settings" text array NOT NULL, "use_cases" text array NOT NULL, "state" text NOT NULL, "mandated" boolean NOT NULL, "seeded" boolean NOT NULL, "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_d743c58460468d2fdb0adb806a0" PRIMARY KEY ("key"))',
    );
    await runner.query(
      'CREATE TABLE "standard_revision" ("key" text NOT NULL, "revision" integer NOT NULL, "content" jsonb NOT NULL, "content_hash" text NOT NULL, "motion" text, "approved_by" text, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_7c994658d3bc2c613a341a864b7" PRIMARY KEY ("key", "revision"))',
    );
    await runner.query(
      'CREATE TABLE "standard_participant" ("standard" text NOT NULL, "who" text NOT NULL, "team" text, "organisation" text, "note" text NOT NULL, "since" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_37cfcfa6727dcac854aebd3df87" PRIMARY KEY ("standard", "who"))',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "standard_participant"');
    await runner.query('DROP TABLE "standard_revision"');
    await runner.query('DROP TABLE "standard"');
    await runner.query('DROP TABLE "motion"');
  }
}
