import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * People's choices at disclosure. `view_terms`: on what terms a view is written. `cohort_person`: whom an edition is about, by the
 * publishing domain's key, their NHS number sealed: it is what the check service is asked with. `check_list`: of each
 * organisation the list of those who may be disclosed, sealed, for as long as it may be kept; nothing says of anybody
 * why they are not on it. `withdrawn`: what the next announcement tells. A record withdrawn and disclosed again goes on
 * counting its revisions from `shift`.
 */
export class Choices1795312800110 implements MigrationInterface {
  readonly name = 'Choices1795312800110';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE view_terms (
        view_id integer PRIMARY KEY REFERENCES view,
        opt_out boolean NOT NULL,
        erase boolean NOT NULL DEFAULT false,
        holds_back boolean NOT NULL DEFAULT false,
        refill boolean NOT NULL DEFAULT false
      )`);
    // Of views from before nothing is known yet: held back until the next look says on what terms they are.
    await runner.query(
      `INSERT INTO view_terms (view_id, opt_out, holds_back) SELECT id, true, true FROM view`,
    );
    await runner.query(`
      CREATE TABLE cohort_person (
        edition text NOT NULL REFERENCES edition,
        source_person text NOT NULL,
        sealed bytea NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (edition, source_person)
      )`);
    // By time alone: were the edition first, people would be looked for by it, and all of an edition be read for each batch.
    await runner.query(`CREATE INDEX cohort_person_seen ON cohort_person (seen_at)`);
    await runner.query(`
      CREATE TABLE check_list (
        organisation text PRIMARY KEY,
        number integer NOT NULL DEFAULT 0,
        received_at timestamptz,
        listed bytea,
        swept boolean NOT NULL DEFAULT true,
        held_since timestamptz NOT NULL DEFAULT now(),
        request text,
        asked_at timestamptz,
        asked bytea,
        asked_rows integer NOT NULL DEFAULT 0,
        trouble text,
        trouble_at timestamptz
      )`);
    await runner.query(
      `INSERT INTO check_list (organisation) SELECT DISTINCT organisation FROM view`,
    );
    await runner.query(`
      CREATE TABLE check_sequence (
        mailbox text NOT NULL,
        month text NOT NULL,
        last integer NOT NULL,
        PRIMARY KEY (mailbox, month)
      )`);
    await runner.query(`
      CREATE TABLE withdrawn (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        view_id integer NOT NULL,
        source_key text NOT NULL,
        key text NOT NULL,
        revision bigint NOT NULL,
        at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`ALTER TABLE view_record ADD COLUMN shift integer NOT NULL DEFAULT 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_record DROP COLUMN shift`);
    await runner.query(
      `DROP TABLE withdrawn, check_sequence, check_list, cohort_person, view_terms`,
    );
  }
}
