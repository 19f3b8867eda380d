import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Items and records that were refused, each with its reason and its own sealed bytes. */
export class Quarantine1764000000002 implements MigrationInterface {
  readonly name = 'Quarantine1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE quarantine (
        id text COLLATE "C" PRIMARY KEY,
        n bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        product text NOT NULL,
        source text NOT NULL,
        source_id text,
        publisher_ods text,
        received_at timestamptz NOT NULL,
        step text NOT NULL,
        codes text[] NOT NULL,
        errors jsonb NOT NULL,
        state text NOT NULL DEFAULT 'open'
          CHECK (state IN ('open', 'replayed', 'resolved', 'discarded')),
        state_at timestamptz,
        sha256 text NOT NULL,
        bytes integer NOT NULL,
        content_type text,
        part text,
        landing bytea,
        origin_topic text,
        origin_partition integer,
        origin_offset bigint,
        sealed bytea
      )`);
    await runner.query(`ALTER TABLE quarantine ALTER sealed SET STORAGE EXTERNAL`);
    await runner.query(`CREATE INDEX quarantine_received ON quarantine USING brin (received_at)`);
    await runner.query(`CREATE INDEX quarantine_codes ON quarantine USING gin (codes)`);
    await runner.query(`
      CREATE INDEX quarantine_landing ON quarantine (landing) WHERE state = 'open' AND landing IS NOT NULL`);
    await runner.query(`
      CREATE UNIQUE INDEX quarantine_origin
        ON quarantine (origin_topic, origin_partition, origin_offset) WHERE origin_topic IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE quarantine`);
  }
}
