import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger: entries are added by the transaction of what they record, seals chain them once they have
 * committed, and the view shows both as they are exported. Nobody changes either: the service's role has
 * no such privilege, and a trigger refuses even the tables' owner.
 */
export class Ledger1795312800001 implements MigrationInterface {
  name = 'Ledger1795312800001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE ledger_entry (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
        at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        actor text NOT NULL,
        role text NOT NULL,
        action text NOT NULL,
        object text NOT NULL,
        detail jsonb NOT NULL
      )`);
    await runner.query('CREATE INDEX ledger_entry_order ON ledger_entry (tx, id)');
    await runner.query('CREATE INDEX ledger_entry_object ON ledger_entry (object)');
    // No foreign key: its check locks the entry, which needs a privilege that nobody is to have.
    await runner.query(`
      CREATE TABLE ledger_seal (
        seq bigint PRIMARY KEY,
        entry bigint NOT NULL UNIQUE,
        prev text NOT NULL,
        hash text NOT NULL
      )`);
    await runner.query(`
      CREATE VIEW ledger AS
        SELECT s.seq, e.at, e.actor, e.role, e.action, e.object, e.detail, s.prev, s.hash
          FROM ledger_seal s JOIN ledger_entry e ON e.id = s.entry`);
    await runner.query(`
      CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the ledger is append-only: % refused', TG_OP USING ERRCODE = '42501';
      END $$`);
    for (const table of ['ledger_entry', 'ledger_seal']) {
      await runner.query(`
        CREATE TRIGGER ${table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()`);
      await runner.query(`REVOKE ALL ON ${table} FROM PUBLIC`);
      await runner.query(`REVOKE ALL ON ${table} FROM CURRENT_USER`);
      await runner.query(`GRANT SELECT, INSERT ON ${table} TO CURRENT_USER`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW ledger');
    await runner.query('DROP TABLE ledger_seal');
    await runner.query('DROP TABLE ledger_entry');
    await runner.query('DROP FUNCTION ledger_is_append_only()');
  }
}
