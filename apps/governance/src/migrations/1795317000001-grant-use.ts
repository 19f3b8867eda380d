import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ways out of a grant beside its own groups on the stream: when each was last used, how often, and how much. */
export class GrantUse1795317000001 implements MigrationInterface {
  name = 'GrantUse1795317000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "grant_use" (
         "grant_id" text NOT NULL, "topic" text NOT NULL, "way" text NOT NULL,
         "used_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "times" bigint, "records" bigint,
         CONSTRAINT "PK_grant_use" PRIMARY KEY ("grant_id", "topic", "way"))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "grant_use"');
  }
}
