import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the service remembers beside the tables of its recipients, each grant's in a schema of its own. */
export class OutputPorts1795313000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Part of the consumer groups' names: a database made anew reads from the beginning, whatever the broker
    // still holds of the one before.
    await runner.query(`
      CREATE TABLE reader (
        name text PRIMARY KEY DEFAULT substr(md5(gen_random_uuid()::text), 1, 8),
        only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
      )`);
    await runner.query(`INSERT INTO reader DEFAULT VALUES`);
    await runner.query(`
      CREATE TABLE port (
        grant_id text PRIMARY KEY,
        organisation text NOT NULL,
        purpose text NOT NULL,
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT now(),
        ends_at timestamptz NOT NULL
      )`);
    // One table of a recipient for each topic. The filling number is in the name of the consumer group: a table made
    // anew, because the view has other fields now, is filled from the beginning.
    await runner.query(`
      CREATE TABLE port_view (
        topic text PRIMARY KEY,
        grant_id text NOT NULL REFERENCES port ON DELETE CASCADE,
        product text NOT NULL,
        major integer NOT NULL,
        schema_id integer NOT NULL,
        schema_name text NOT NULL,
        table_name text NOT NULL,
        columns jsonb NOT NULL,
        filling integer NOT NULL DEFAULT 1,
        changed_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE port_position (
        topic text NOT NULL REFERENCES port_view ON DELETE CASCADE,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        PRIMARY KEY (topic, partition)
      )`);
    await runner.query(`
      CREATE TABLE sql_credential (
        user_name text PRIMARY KEY,
        grant_id text NOT NULL REFERENCES port ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE sql_credential, port_position, port_view, port, reader`);
  }
}
