import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A recipient has a key for its views that the national data opt-out applies to, and another for those it does not. Every view
 * that is there goes on with the key it has. A key whose views were all exempt is that of the exempt ones, so that they and
 * later grants under that rule still join; every other key is of the views the opt-out applies to, as it is of those begun later.
 */
export class KeyOfEachRule1795315000001 implements MigrationInterface {
  readonly name = 'KeyOfEachRule1795315000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE pseudonym_key ADD COLUMN opt_out text NOT NULL DEFAULT 'applies' CHECK (opt_out IN ('applies', 'exempt'))`,
    );
    await runner.query(`ALTER TABLE pseudonym_key ALTER COLUMN opt_out DROP DEFAULT`);
    await runner.query(`ALTER TABLE pseudonym_key DROP CONSTRAINT pseudonym_key_pkey`);
    await runner.query(
      `ALTER TABLE pseudonym_key ADD PRIMARY KEY (organisation, purpose, opt_out, generation)`,
    );
    await runner.query(
      `ALTER TABLE view ADD COLUMN key_opt_out text NOT NULL DEFAULT 'applies' CHECK (key_opt_out IN ('applies', 'exempt'))`,
    );
    await runner.query(`ALTER TABLE view ALTER COLUMN key_opt_out DROP DEFAULT`);
    // Ended views count: what was read of them is still held by the recipient.
    await runner.query(`
      WITH exempt AS (
        UPDATE pseudonym_key k SET opt_out = 'exempt' FROM (
          SELECT v.organisation, v.purpose, v.key_generation FROM view v LEFT JOIN view_terms t ON t.view_id = v.id
          GROUP BY 1, 2, 3 HAVING NOT bool_or(coalesce(t.opt_out, true))) of
        WHERE (k.organisation, k.purpose, k.generation) = (of.organisation, of.purpose, of.key_generation)
        RETURNING k.organisation, k.purpose, k.generation)
      UPDATE view v SET key_opt_out = 'exempt' FROM exempt e
      WHERE (v.organisation, v.purpose, v.key_generation) = (e.organisation, e.purpose, e.generation)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // Software that knows one key for both has it for the views that the opt-out applies to, where there are such.
    await runner.query(`
      DELETE FROM pseudonym_key k USING pseudonym_key other
      WHERE k.opt_out = 'exempt' AND other.opt_out = 'applies'
        AND (k.organisation, k.purpose, k.generation) = (other.organisation, other.purpose, other.generation)`);
    await runner.query(`ALTER TABLE view DROP COLUMN key_opt_out`);
    await runner.query(`ALTER TABLE pseudonym_key DROP CONSTRAINT pseudonym_key_pkey`);
    await runner.query(`ALTER TABLE pseudonym_key DROP COLUMN opt_out`);
    await runner.query(
      `ALTER TABLE pseudonym_key ADD PRIMARY KEY (organisation, purpose, generation)`,
    );
  }
}
