import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Signed checkpoints of the ledger, added to and never changed, as the ledger itself; and how far the topic
 * that witnesses them has been told.
 */
export class Checkpoints1795312800010 implements MigrationInterface {
  name = 'Checkpoints1795312800010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE ledger_checkpoint (
        size bigint PRIMARY KEY,
        origin text NOT NULL,
        root text NOT NULL,
        at timestamptz(3) NOT NULL,
        note text NOT NULL,
        signature text NOT NULL,
        key_id text NOT NULL
      )`);
    await runner.query(`
      CREATE TRIGGER ledger_checkpoint_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoint
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()`);
    await runner.query('REVOKE ALL ON ledger_checkpoint FROM PUBLIC');
    await runner.query('REVOKE ALL ON ledger_checkpoint FROM CURRENT_USER');
    await runner.query('GRANT SELECT, INSERT ON ledger_checkpoint TO CURRENT_USER');
    await runner.query('CREATE INDEX ledger_entry_at ON ledger_entry (at)');
    await runner.query(`
      CREATE TABLE ledger_witness (
        witness text PRIMARY KEY,
        size bigint NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE ledger_witness');
    await runner.query('DROP INDEX ledger_entry_at');
    await runner.query('DROP TABLE ledger_checkpoint');
  }
}
