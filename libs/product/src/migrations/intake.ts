import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was received: submissions with their receipts, landed messages, sealed payloads, parts to be joined. */
export class Intake1764000000004 implements MigrationInterface {
  readonly name = 'Intake1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE submission (
        receipt text COLLATE "C" PRIMARY KEY,
        source text NOT NULL,
        content_type text NOT NULL,
        idempotency_key text,
        sha256 text NOT NULL,
        bytes bigint NOT NULL,
        received_at timestamptz NOT NULL,
        state text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
        finished_at timestamptz,
        done integer NOT NULL DEFAULT 0,
        answer jsonb NOT NULL,
        traceparent text,
        UNIQUE (source, idempotency_key)
      )`);
    await runner.query(`
      CREATE INDEX submission_waiting ON submission (received_at) WHERE state = 'waiting'`);
    await runner.query(`
      CREATE TABLE submission_body (
        receipt text COLLATE "C" NOT NULL,
        n integer NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        sealed bytea NOT NULL,
        PRIMARY KEY (receipt, n)
      )`);
    await runner.query(`ALTER TABLE submission_body ALTER sealed SET STORAGE EXTERNAL`);
    await runner.query(`
      CREATE TABLE landed (
        message bytea PRIMARY KEY,
        digest bytea NOT NULL,
        outcome text NOT NULL,
        quarantine_id text,
        errors jsonb,
        received_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX landed_received ON landed USING brin (received_at)`);
    await runner.query(`
      CREATE TABLE payload (
        id text COLLATE "C" PRIMARY KEY,
        source text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        items integer NOT NULL,
        sealed bytea NOT NULL
      )`);
    await runner.query(`ALTER TABLE payload ALTER sealed SET STORAGE EXTERNAL`);
    await runner.query(`CREATE INDEX payload_received ON payload USING brin (received_at)`);
    await runner.query(`
      CREATE TABLE part_row (
        key bytea PRIMARY KEY,
        source text NOT NULL,
        part text NOT NULL,
        parent bytea,
        digest bytea NOT NULL,
        at bigint,
        mark bigint,
        held boolean NOT NULL,
        receipt text,
        item integer,
        source_id text,
        sealed bytea NOT NULL
      ) WITH (fillfactor = 80)`);
    await runner.query(`ALTER TABLE part_row ALTER sealed SET STORAGE EXTERNAL`);
    await runner.query(
      `CREATE INDEX part_row_parent ON part_row (parent) WHERE parent IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE part_row, payload, landed, submission_body, submission`);
  }
}
