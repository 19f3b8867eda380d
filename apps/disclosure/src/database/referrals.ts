import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * To which providers somebody was referred: by the publishing domain's keys, the organisations that each record names, and its
 * place in the person's sequence. A record that ended names none. It says nothing more of anybody.
 */
export class Referrals1795322000000 implements MigrationInterface {
  readonly name = 'Referrals1795322000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE care_referral (
        edition text NOT NULL REFERENCES edition,
        source_person text NOT NULL,
        source_record text NOT NULL,
        sequence bigint NOT NULL,
        organisations text[] NOT NULL,
        PRIMARY KEY (edition, source_person, source_record)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE care_referral`);
  }
}
