import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is agreed beside purpose and period, what was asked word for word, and what a grant has been told. */
export class GrantTerms1795312800090 implements MigrationInterface {
  name = 'GrantTerms1795312800090';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "access_grant" ADD "terms" jsonb NOT NULL DEFAULT '{}'`);
    await runner.query('ALTER TABLE "access_grant" ADD "asked" jsonb');
    await runner.query('ALTER TABLE "access_grant" ADD "amends" text');
    await runner.query('ALTER TABLE "access_grant" ADD "extension" jsonb');
    await runner.query('ALTER TABLE "access_grant" ADD "break_glass" jsonb');
    await runner.query(
      `CREATE TABLE "grant_told" (
         "grant_id" text NOT NULL, "key" text NOT NULL, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
         CONSTRAINT "PK_grant_told" PRIMARY KEY ("grant_id", "key"))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "grant_told"');
    for (const column of ['break_glass', 'extension', 'amends', 'asked', 'terms']) {
      await runner.query(`ALTER TABLE "access_grant" DROP COLUMN "${column}"`);
    }
  }
}
