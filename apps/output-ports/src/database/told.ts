import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What each organisation was told of a product: every different counting once, with its exact numbers and what was told of
 * them. It outlives ports and grants, because what was told cannot be taken back. It names nobody.
 */
export class Told1795313000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE told (
        organisation text NOT NULL,
        product text NOT NULL,
        major integer NOT NULL,
        key text NOT NULL,
        counting jsonb NOT NULL,
        cells jsonb NOT NULL,
        grant_id text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organisation, product, major, key)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE told');
  }
}
