import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the domain holds: people with their sequence, records with their revision, contracts approved. */
export class State1764000000003 implements MigrationInterface {
  readonly name = 'State1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE person (
        person text COLLATE "C" PRIMARY KEY,
        sequence bigint NOT NULL,
        merged_into text COLLATE "C",
        survivor jsonb
      ) WITH (fillfactor = 80)`);
    await runner.query(`
      CREATE TABLE record (
        record text COLLATE "C" PRIMARY KEY,
        product text NOT NULL,
        person text COLLATE "C" NOT NULL,
        revision integer NOT NULL,
        retracted boolean NOT NULL,
        at bigint,
        schema_id integer NOT NULL,
        content bytea NOT NULL
      ) WITH (fillfactor = 90)`);
    await runner.query(`ALTER TABLE record ALTER content SET STORAGE EXTERNAL`);
    await runner.query(`CREATE INDEX record_person ON record (person)`);
    await runner.query(`
      CREATE TABLE approved_version (
        contract text NOT NULL,
        content_hash text NOT NULL,
        version text NOT NULL,
        topic text NOT NULL,
        schema_id integer NOT NULL,
        secondary_topic text,
        secondary_schema_id integer,
        schema text NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (contract, content_hash)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE approved_version, record, person`);
  }
}
