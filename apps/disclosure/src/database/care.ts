import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Views narrowed to people of some organisations. `narrowed_to` is a term of the view; `care_person` is, by the publishing
 * domain's key, with which organisations somebody was last said to be registered. It says nothing more of anybody.
 */
export class Care1795313000000 implements MigrationInterface {
  readonly name = 'Care1795313000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_terms ADD COLUMN narrowed_to text[]`);
    await runner.query(`
      CREATE TABLE care_person (
        edition text NOT NULL REFERENCES edition,
        source_person text NOT NULL,
        sequence bigint NOT NULL,
        organisations text[] NOT NULL,
        PRIMARY KEY (edition, source_person)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE care_person`);
    await runner.query(`ALTER TABLE view_terms DROP COLUMN narrowed_to`);
  }
}
