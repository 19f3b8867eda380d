import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a question finds, and how well, in one call each. The planner may not read the table instead of its index: it does
 * not know that a product's words lie elsewhere and are long, and would read those of all. The index of all that is
 * indexed has their revisions too, so that the table is not read for them.
 */
export class SearchHits1795313000002 implements MigrationInterface {
  name = 'SearchHits1795313000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION product_hits(question tsquery) RETURNS json LANGUAGE sql STABLE SET enable_seqscan = off AS $$
        SELECT json_agg(revision) FROM product_search WHERE document @@ question
      $$`);
    await runner.query(`
      CREATE FUNCTION product_ranks(question tsquery) RETURNS TABLE (revisions json, ranks json)
      LANGUAGE sql STABLE SET enable_seqscan = off AS $$
        SELECT json_agg(revision), json_agg((ts_rank(heading, question) * 1000000)::integer)
          FROM product_search WHERE heading @@ question
      $$`);
    await runner.query('DROP INDEX product_search_indexed_as');
    await runner.query(
      'CREATE INDEX product_search_indexed ON product_search (indexed_as, revision)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX product_search_indexed');
    await runner.query('CREATE INDEX product_search_indexed_as ON product_search (indexed_as)');
    await runner.query('DROP FUNCTION product_ranks(tsquery)');
    await runner.query('DROP FUNCTION product_hits(tsquery)');
  }
}
