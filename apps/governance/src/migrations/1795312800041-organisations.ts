import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organisations by ODS code, with the days between which they exist. Filled from `schemas/mesh/organisations`. */
export class Organisations1795312800041 implements MigrationInterface {
  name = 'Organisations1795312800041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE "organisation" ("ods" text NOT NULL, "name" text NOT NULL, "kind" text NOT NULL, "opened" date, "closed" date, "successors" jsonb NOT NULL, CONSTRAINT "PK_organisation" PRIMARY KEY ("ods"))',
    );
    await runner.query(
      'CREATE INDEX organisation_name_trigrams ON organisation USING gin (name gin_trgm_ops)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "organisation"');
  }
}
