import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * With which organisations each record of somebody says they are registered, when its source says so, and its place among them: by the
 * publishing domain's keys. It takes the place of what was known of the newest statement alone, which stays as a record without a key that
 * every record with a time comes before. It says nothing more of anybody.
 */
export class Registrations1795324000001 implements MigrationInterface {
  readonly name = 'Registrations1795324000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE care_registration (
        edition text NOT NULL REFERENCES edition,
        source_person text NOT NULL,
        source_record text NOT NULL,
        sequence bigint NOT NULL,
        place bigint NOT NULL,
        stated_at bigint,
        has_ended boolean NOT NULL,
        organisations text[] NOT NULL,
        PRIMARY KEY (edition, source_person, source_record)
      )`);
    await runner.query(`
      INSERT INTO care_registration (edition, source_person, source_record, sequence, place, has_ended, organisations)
      SELECT edition, source_person, '', sequence, sequence, false, organisations FROM care_person`);
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
      SELECT DISTINCT ON (edition, source_person) edition, source_person, sequence, organisations
      FROM care_registration WHERE NOT has_ended
      ORDER BY edition, source_person, stated_at DESC NULLS LAST, place DESC`);
    await runner.query(`DROP TABLE care_registration`);
  }
}
