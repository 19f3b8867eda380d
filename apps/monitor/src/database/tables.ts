import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the monitor remembers: how far it has read, and numbers. No table holds a value of a record, a key, or a
 * header but the ODS code of a publisher.
 */
export class Monitor1795312800000 implements MigrationInterface {
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
      CREATE TABLE topic_position (
        topic text NOT NULL,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        PRIMARY KEY (topic, partition)
      )`);
    await runner.query(`
      CREATE TABLE topic_total (
        topic text PRIMARY KEY,
        records bigint NOT NULL,
        findings bigint NOT NULL
      )`);
    // Schema id 0: tombstones and what was refused, which have none that counts.
    await runner.query(`
      CREATE TABLE tally (
        topic text NOT NULL,
        part timestamptz NOT NULL,
        schema_id integer NOT NULL,
        records bigint NOT NULL,
        live bigint NOT NULL,
        findings bigint NOT NULL,
        bytes bigint NOT NULL,
        timely bigint NOT NULL,
        late bigint NOT NULL,
        slowest_ms bigint NOT NULL,
        newest_at timestamptz,
        PRIMARY KEY (topic, part, schema_id)
      )`);
    await runner.query(`
      CREATE TABLE stated_field (
        topic text NOT NULL,
        part timestamptz NOT NULL,
        field text NOT NULL,
        stated bigint NOT NULL,
        PRIMARY KEY (topic, part, field)
      )`);
    await runner.query(`
      CREATE TABLE finding (
        topic text NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        step text NOT NULL,
        code text NOT NULL,
        path text,
        schema_id bigint,
        publisher text,
        written_at timestamptz NOT NULL,
        PRIMARY KEY (topic, partition, "offset")
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE finding, stated_field, tally, topic_total, topic_position, reader`,
    );
  }
}
