import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What each record of somebody says of who cares for them, by the publishing domain's keys: beside to whom they were referred also with
 * whom they are registered, when its source says so, and its place among them. What was known of the newest statement alone
 * stays as a record without a key, which every record with a time comes before. It says nothing more of anybody.
 */
export class Registrations1795324000001 implements MigrationInterface {
  readonly name = 'Registrations1795324000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE care_referral RENAME TO care_record`);
    await runner.query(`ALTER TABLE care_record RENAME COLUMN organisations TO referred`);
    await runner.query(`
      ALTER TABLE care_record
        ADD COLUMN registered text[] NOT NULL DEFAULT '{}',
        ADD COLUMN stated_at bigint,
        ADD COLUMN place bigint NOT NULL DEFAULT 0,
        ADD COLUMN has_ended boolean NOT NULL DEFAULT false`);
    await runner.query(`
      INSERT INTO care_record (edition, source_person, source_record, sequence, place, registered, referred)
      SELECT edition, source_person, '', sequence, sequence, organisations, '{}' FROM care_person`);
    await runner.query(`DROP TABLE care_person`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE care_person (
        edition text NOT NULL REFERENCES edition,
        source_person text NOT NULL,
        sequence bigint NOT NULL,
        organisations text[] NOT NULL,
        PRIMARY KEY (edition, source_person)
      )`);
    await runner.query(`
      INSERT INTO care_person (edition, source_person, sequence, organisations)
      SELECT DISTINCT ON (edition, source_person) edition, source_person, sequence, registered
      FROM care_record WHERE NOT has_ended AND registered <> '{}'
      ORDER BY edition, source_person, stated_at DESC NULLS LAST, place DESC`);
    await runner.query(`DELETE FROM care_record WHERE source_record = ''`);
    await runner.query(`UPDATE care_record SET referred = '{}' WHERE has_ended`);
    await runner.query(`
      ALTER TABLE care_record
        DROP COLUMN registered, DROP COLUMN stated_at, DROP COLUMN place, DROP COLUMN has_ended`);
    await runner.query(`ALTER TABLE care_record RENAME COLUMN referred TO organisations`);
    await runner.query(`ALTER TABLE care_record RENAME TO care_referral`);
  }
}
