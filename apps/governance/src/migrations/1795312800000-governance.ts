import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generated from the entities; a medium test fails if the two differ. */
export class Governance1795312800000 implements MigrationInterface {
  name = 'Governance1795312800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE "credential" ("client_id" text NOT NULL, "grant_id" text NOT NULL, "key_id" text, "created_by" text NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "expires" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "ended_at" TIMESTAMP(3) WITH TIME ZONE, "removed_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_0aa7174716fe3dfa23b56a726d2" PRIMARY KEY ("client_id"))',
    );
    await runner.query('CREATE INDEX "credential_by_grant" ON "credential" ("grant_id")');
    await runner.query(
      'CREATE TABLE "decision" ("id" text NOT NULL, "proposal_id" text NOT NULL, "decision" text NOT NULL, "role" text NOT NULL, "reason" text NOT NULL, "content_hash" text NOT NULL, "decided_by" text NOT NULL, "team" text, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_fa4cbd6abf1215054f13c27df5a" PRIMARY KEY ("id"))',
    );
    await runner.query('CREATE INDEX "decision_by_proposal" ON "decision" ("proposal_id")');
    await runner.query(
      'CREATE TABLE "domain" ("name" text NOT NULL, "accepted_by" text NOT NULL, "accepted_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "standing_since" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_26a07113f90df161f919c7d5a65" PRIMARY KEY ("name"))',
    );
    await runner.query(
      'CREATE TABLE "event_outbox" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "type" text NOT NULL, "subject" text NOT NULL, "data" jsonb NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "sent_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_c8bd4a6797caa3ebad9b40c9813" PRIMARY KEY ("id"))',
    );
    await runner.query(
      `CREATE TABLE "access_grant" ("id" text NOT NULL, "state" text NOT NULL, "kind" text NOT NULL, "purpose" text NOT NULL, "legal_basis" jsonb NOT NULL, "organisation" text NOT NULL, "reason" text NOT NULL, "requested_by" text NOT NULL, "team" text, "from_text" text NOT NULL, "until_text" text NOT NULL, "starts_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "ends_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "steps" jsonb NOT NULL, "demonstration" boolean NOT NULL DEFAULT false, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "activated_at" TIMESTAMP(3) WITH TIME ZONE, "ended_at" TIMESTAMP(3) WITH TIME ZONE, "attempts" integer NOT NULL DEFAULT '0', "next_attempt_at" TIMESTAMP(3) WITH TIME ZONE, "failure" text, CONSTRAINT "PK_2c12ba789e7748324e87e103a41" PRIMARY KEY ("id"))`,
    );
    await runner.query('CREATE INDEX "access_grant_by_state" ON "access_grant" ("state")');
    await runner.query(
      'CREATE TABLE "grant_product" ("grant_id" text NOT NULL, "product" text NOT NULL, "major" integer NOT NULL, "fields" text array NOT NULL, "topic" text NOT NULL, "view_schema_id" integer, "ready" boolean NOT NULL DEFAULT false, CONSTRAINT "PK_c141dba0ae7c709735543af9a25" PRIMARY KEY ("grant_id", "product", "major"))',
    );
    await runner.query(
      'CREATE INDEX "grant_product_by_product" ON "grant_product" ("product", "major")',
    );
    await runner.query(
      'CREATE TABLE "grant_event" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "grant_id" text NOT NULL, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "event" text NOT NULL, "actor" text NOT NULL, "role" text NOT NULL, "reason" text, CONSTRAINT "PK_f3febe18542a9cc9a1c31fe99f0" PRIMARY KEY ("id"))',
    );
    await runner.query('CREATE INDEX "grant_event_by_grant" ON "grant_event" ("grant_id")');
    await runner.query(
      'CREATE TABLE "product" ("id" text NOT NULL, "domain" text NOT NULL, "name" text NOT NULL, "contract" jsonb NOT NULL, "purposes" text array NOT NULL, "standards" text array NOT NULL, "care_settings" text array NOT NULL, "words" text NOT NULL, CONSTRAINT "PK_bebc9158e480b949565b4dc7a82" PRIMARY KEY ("id"))',
    );
    await runner.query('CREATE INDEX "product_by_domain" ON "product" ("domain")');
    await runner.query(
      'CREATE TABLE "product_major" ("product" text NOT NULL, "major" integer NOT NULL, "topic" text NOT NULL, "secondary_topic" text, "status" text NOT NULL, "latest_hash" text NOT NULL, CONSTRAINT "PK_439f5913f03024080e17b91e94a" PRIMARY KEY ("product", "major"))',
    );
    await runner.query(
      'CREATE TABLE "version_content" ("content_hash" text NOT NULL, "files" jsonb NOT NULL, "contract" jsonb NOT NULL, "schema" jsonb NOT NULL, CONSTRAINT "PK_e02b852a2d37f7dea3ec5812c09" PRIMARY KEY ("content_hash"))',
    );
    await runner.query(
      `CREATE TABLE "proposal" ("id" text NOT NULL, "product" text NOT NULL, "domain" text NOT NULL, "version" text NOT NULL, "major" integer NOT NULL, "content_hash" text NOT NULL, "state" text NOT NULL, "reason" text NOT NULL, "proposed_by" text NOT NULL, "team" text, "checks" jsonb NOT NULL, "changes" jsonb NOT NULL, "decisions_needed" text array NOT NULL, "compared_with" text, "demonstration" boolean NOT NULL DEFAULT false, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "decided_by" text, "decided_at" TIMESTAMP(3) WITH TIME ZONE, "attempts" integer NOT NULL DEFAULT '0', "next_attempt_at" TIMESTAMP(3) WITH TIME ZONE, "failure" text, "schema_id" integer, "secondary_schema_id" integer, "published_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_ca872ecfe4fef5720d2d39e4275" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "proposal_one_decided_version" ON "proposal" ("product", "version") WHERE state IN ('approved', 'registering', 'published', 'deprecated', 'retired')`,
    );
    await runner.query('CREATE INDEX "proposal_by_hash" ON "proposal" ("content_hash")');
    await runner.query('CREATE INDEX "proposal_by_product" ON "proposal" ("product")');
    await runner.query('CREATE INDEX "proposal_by_state" ON "proposal" ("state")');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX "public"."proposal_by_state"');
    await runner.query('DROP INDEX "public"."proposal_by_product"');
    await runner.query('DROP INDEX "public"."proposal_by_hash"');
    await runner.query('DROP INDEX "public"."proposal_one_decided_version"');
    await runner.query('DROP TABLE "proposal"');
    await runner.query('DROP TABLE "version_content"');
    await runner.query('DROP TABLE "product_major"');
    await runner.query('DROP INDEX "public"."product_by_domain"');
    await runner.query('DROP TABLE "product"');
    await runner.query('DROP INDEX "public"."grant_event_by_grant"');
    await runner.query('DROP TABLE "grant_event"');
    await runner.query('DROP INDEX "public"."grant_product_by_product"');
    await runner.query('DROP TABLE "grant_product"');
    await runner.query('DROP INDEX "public"."access_grant_by_state"');
    await runner.query('DROP TABLE "access_grant"');
    await runner.query('DROP TABLE "event_outbox"');
    await runner.query('DROP TABLE "domain"');
    await runner.query('DROP INDEX "public"."decision_by_proposal"');
    await runner.query('DROP TABLE "decision"');
    await runner.query('DROP INDEX "public"."credential_by_grant"');
    await runner.query('DROP TABLE "credential"');
  }
}
