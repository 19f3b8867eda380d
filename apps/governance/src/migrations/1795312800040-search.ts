import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the catalogue is searched by: for each product its words and facets, for each field its words, the words of all
 * of them for the trigrams that forgive typing errors, and each facet's count, so that a list without a question
 * costs the same whatever the number of products. Nothing here is decided: the room `search` makes it from contracts.
 */
export class Search1795312800040 implements MigrationInterface {
  name = 'Search1795312800040';

  async up(runner: QueryRunner): Promise<void> {
    // A trusted extension: the database's owner may make it, no superuser is needed.
    await runner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm');
    await runner.query(`
      CREATE TABLE product_search (
        product text PRIMARY KEY,
        indexed_as integer NOT NULL,
        facets integer[] NOT NULL,
        heading tsvector NOT NULL,
        document tsvector NOT NULL,
        summary jsonb NOT NULL
      )`);
    // No pending list: a reader would otherwise pay for what publishing left behind.
    await runner.query(
      'CREATE INDEX product_search_document ON product_search USING gin (document) WITH (fastupdate = off)',
    );
    await runner.query(`
      CREATE TABLE product_facet (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        facet text NOT NULL,
        value text NOT NULL,
        products integer NOT NULL DEFAULT 0,
        UNIQUE (facet, value)
      )`);
    await runner.query(`
      CREATE TABLE product_field (
        product text NOT NULL,
        path text NOT NULL,
        position integer NOT NULL,
        domain text NOT NULL,
        classification text NOT NULL,
        role text,
        code_system text,
        source_product text[] NOT NULL,
        promise jsonb NOT NULL,
        heading tsvector NOT NULL,
        document tsvector NOT NULL,
        PRIMARY KEY (product, position),
        UNIQUE (product, path)
      )`);
    for (const column of ['heading', 'document', 'source_product']) {
      await runner.query(
        `CREATE INDEX product_field_${column} ON product_field USING gin (${column}) WITH (fastupdate = off)`,
      );
    }
    await runner.query('CREATE INDEX product_field_code_system ON product_field (code_system)');
    await runner.query('CREATE TABLE search_word (word text PRIMARY KEY)');
    await runner.query(
      'CREATE INDEX search_word_trigrams ON search_word USING gin (word gin_trgm_ops) WITH (fastupdate = off)',
    );
    await runner.query('CREATE INDEX search_word_prefix ON search_word (word text_pattern_ops)');
    // Stems, and words as they stand: the beginning of a word is often longer than its stem ("medica" of "medic").
    await runner.query(`
      CREATE FUNCTION search_words(text text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('english', text) || to_tsvector('simple', text)
      $$`);
    // Whoever changes a major's status may index the product at once; if not, it is found soon after.
    await runner.query(`
      CREATE FUNCTION product_is_to_be_indexed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE product_search SET indexed_as = 0 WHERE product = NEW.product;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER product_major_status AFTER UPDATE OF status ON product_major
        FOR EACH ROW EXECUTE FUNCTION product_is_to_be_indexed()`);
    await runner.query('ALTER TABLE product DROP COLUMN words');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE product ADD COLUMN words text NOT NULL DEFAULT ''`);
    await runner.query('DROP TRIGGER product_major_status ON product_major');
    await runner.query('DROP FUNCTION product_is_to_be_indexed()');
    for (const table of ['search_word', 'product_field', 'product_facet', 'product_search']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    await runner.query('DROP FUNCTION search_words(text)');
  }
}
