import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the service remembers. `edition` and its progress say how far a product was disclosed; `view` is one granted
 * product; `view_record` and `view_person` are a view's state, keyed by what only the publishing domain can read.
 * No table holds an identifier of a person, nor a record's content.
 */
export class Disclosure1763773200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE pseudonym_key (
        organisation text NOT NULL,
        purpose text NOT NULL,
        wrapped bytea NOT NULL,
        wrapped_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organisation, purpose)
      )`);
    // The reader is part of the consumer group's name: a database made anew reads from the beginning, whatever
    // offsets the broker still holds of the one before.
    await runner.query(`
      CREATE TABLE edition (
        topic text PRIMARY KEY,
        reader text NOT NULL DEFAULT substr(md5(gen_random_uuid()::text), 1, 8)
      )`);
    await runner.query(`
      CREATE TABLE edition_progress (
        topic text NOT NULL REFERENCES edition,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        PRIMARY KEY (topic, partition)
      )`);
    await runner.query(`
      CREATE TABLE view (
        id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        topic text NOT NULL UNIQUE,
        edition text NOT NULL REFERENCES edition,
        grant_id text NOT NULL,
        product text NOT NULL,
        major integer NOT NULL,
        organisation text NOT NULL,
        purpose text NOT NULL,
        schema_id integer NOT NULL,
        active boolean NOT NULL,
        generation integer NOT NULL DEFAULT 1,
        since timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX view_by_edition ON view (edition) WHERE active`);
    await runner.query(`
      CREATE TABLE view_backfill (
        view_id integer NOT NULL REFERENCES view,
        partition integer NOT NULL,
        until_offset bigint NOT NULL,
        done boolean NOT NULL DEFAULT false,
        PRIMARY KEY (view_id, partition)
      )`);
    await runner.query(`
      CREATE TABLE view_record (
        view_id integer NOT NULL,
        source_key text NOT NULL,
        revision bigint NOT NULL,
        live boolean NOT NULL,
        PRIMARY KEY (view_id, source_key)
      )`);
    await runner.query(`
      CREATE TABLE view_person (
        view_id integer NOT NULL,
        source_person text NOT NULL,
        pseudonym text NOT NULL,
        sequence bigint NOT NULL,
        PRIMARY KEY (view_id, source_person)
      )`);
    await runner.query(`
      CREATE TABLE view_merge (
        view_id integer NOT NULL,
        survivor text NOT NULL,
        source_key text NOT NULL,
        headers jsonb NOT NULL,
        value bytea NOT NULL,
        PRIMARY KEY (view_id, survivor, source_key)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE view_merge, view_person, view_record, view_backfill, view, edition_progress, edition,
       pseudonym_key`,
    );
  }
}
