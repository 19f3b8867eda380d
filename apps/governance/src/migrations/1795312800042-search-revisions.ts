import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Every product has a row in the search, indexed yet or not, so that what waits to be indexed is found by an index. What
 * is indexed has a number that no other state of any product has: what a process keeps under it never goes stale.
 */
export class SearchRevisions1795312800042 implements MigrationInterface {
  name = 'SearchRevisions1795312800042';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO product_search (product, indexed_as, facets, heading, document, summary)
      SELECT id, -1, '{}', '', '', '{}' FROM product ON CONFLICT DO NOTHING`);
    await runner.query('CREATE INDEX product_search_indexed_as ON product_search (indexed_as)');
    await runner.query('CREATE SEQUENCE product_search_revision AS integer');
    await runner.query(
      `ALTER TABLE product_search ADD COLUMN revision integer NOT NULL DEFAULT nextval('product_search_revision')`,
    );
    await runner.query(
      'CREATE UNIQUE INDEX product_search_by_revision ON product_search (revision)',
    );
    await runner.query(
      'CREATE INDEX product_search_heading ON product_search USING gin (heading) WITH (fastupdate = off)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX product_search_heading');
    await runner.query('ALTER TABLE product_search DROP COLUMN revision');
    await runner.query('DROP SEQUENCE product_search_revision');
    await runner.query('DROP INDEX product_search_indexed_as');
    await runner.query('DELETE FROM product_search WHERE indexed_as < 0');
  }
}
