import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How each view is used by SQL, files and aggregates, in totals; `seen` is how far PostgreSQL's own count of statements was
 * taken over, `told` what governance was last told. `grant_reading` has a marker for each view (see `use/markers.ts`).
 */
export class GrantUse1795317000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE grant_use (
        grant_id text NOT NULL,
        topic text NOT NULL,
        way text NOT NULL,
        used_at timestamptz NOT NULL,
        times bigint NOT NULL,
        records bigint,
        seen bigint NOT NULL DEFAULT 0,
        told bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (grant_id, topic, way)
      )`);
    await runner.query('CREATE SCHEMA grant_reading');
    await runner.query('GRANT USAGE ON SCHEMA grant_reading TO PUBLIC');
  }

  async down(runner: QueryRunner): Promise<void> {
    // The policies by which recipients are counted go with their markers, and without a policy nobody reads: then none is asked for.
    await runner.query(`
      DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT schema_name, table_name FROM port_view LOOP
          EXECUTE format('ALTER TABLE IF EXISTS %I.%I DISABLE ROW LEVEL SECURITY', one.schema_name, one.table_name);
        END LOOP;
      END $$`);
    await runner.query('DROP SCHEMA grant_reading CASCADE');
    await runner.query('DROP TABLE grant_use');
  }
}
