import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Comments, cover, answers given once, what a proposal replaces, and when it is to be decided. */
export class Decisions1795312800060 implements MigrationInterface {
  name = 'Decisions1795312800060';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "proposal" ADD "replaces" text');
    await runner.query('ALTER TABLE "proposal" ADD "decide_by" TIMESTAMP(3) WITH TIME ZONE');
    await runner.query('ALTER TABLE "proposal" ADD "reminded_at" TIMESTAMP(3) WITH TIME ZONE');
    await runner.query(
      'CREATE TABLE "proposal_comment" ("id" text NOT NULL, "proposal_id" text NOT NULL, "author" text NOT NULL, "path" text, "text" text NOT NULL, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_proposal_comment" PRIMARY KEY ("id"))',
    );
    await runner.query(
      'CREATE INDEX "proposal_comment_by_proposal" ON "proposal_comment" ("proposal_id", "at")',
    );
    await runner.query(
      'CREATE TABLE "cover" ("id" text NOT NULL, "role" text NOT NULL, "holder" text NOT NULL, "holder_team" text, "deputy" text NOT NULL, "reason" text NOT NULL, "from_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "until_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "ended_at" TIMESTAMP(3) WITH TIME ZONE, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_cover" PRIMARY KEY ("id"))',
    );
    await runner.query('CREATE INDEX "cover_by_deputy" ON "cover" ("deputy", "until_at")');
    await runner.query(
      'CREATE TABLE "idempotent_answer" ("caller" text NOT NULL, "key" text NOT NULL, "fingerprint" text NOT NULL, "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "status" integer, "body" jsonb, CONSTRAINT "PK_idempotent_answer" PRIMARY KEY ("caller", "key"))',
    );
    await runner.query(
      'CREATE INDEX "idempotent_answer_by_time" ON "idempotent_answer" ("started_at")',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "idempotent_answer"');
    await runner.query('DROP TABLE "cover"');
    await runner.query('DROP TABLE "proposal_comment"');
    await runner.query('ALTER TABLE "proposal" DROP COLUMN "reminded_at"');
    await runner.query('ALTER TABLE "proposal" DROP COLUMN "decide_by"');
    await runner.query('ALTER TABLE "proposal" DROP COLUMN "replaces"');
  }
}
