import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables of a service that consumes: what it has taken (`inbox_event`, `inbox_record`) and the dead letters of what it
 * refused. They lie in the service's own database, written in the transaction of the handler's effect; the list of
 * what was refused is the quarantine of that service.
 */
export class Subscribe1763769600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE inbox_event (
        consumer text NOT NULL,
        event_id text NOT NULL,
        taken_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, event_id)
      )`);
    await runner.query(`
      CREATE TABLE inbox_record (
        consumer text NOT NULL,
        record_key text NOT NULL,
        revision bigint NOT NULL,
        event_id text NOT NULL,
        PRIMARY KEY (consumer, record_key)
      )`);
    await runner.query(`
      CREATE TABLE dead_letter (
        id text PRIMARY KEY,
        position bigint GENERATED ALWAYS AS IDENTITY,
        consumer text NOT NULL,
        sealed bytea,
        written_at timestamptz NOT NULL DEFAULT now()
      )`);
    // The sender looks for letters not yet sent; a sent one keeps its row, so that it is not written again.
    await runner.query(
      `CREATE INDEX dead_letter_unsent ON dead_letter (consumer, position) WHERE sealed IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE dead_letter, inbox_record, inbox_event`);
  }
}
