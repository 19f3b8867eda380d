import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A list that arrives has only that read again which waits for it. `view_waiting`: from which offset on a view lacks records
 * of people whom the check service was not yet asked about; it names none of them. `answered`: whom the list in force
 * answers about, sealed, kept with it and no longer. A list of before has none: the next one has everything read again.
 */
export class Waiting1795312800112 implements MigrationInterface {
  readonly name = 'Waiting1795312800112';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE view_waiting (
        view_id integer NOT NULL REFERENCES view,
        partition integer NOT NULL,
        from_offset bigint NOT NULL,
        PRIMARY KEY (view_id, partition)
      )`);
    await runner.query(`ALTER TABLE view_terms ADD COLUMN catch_up boolean NOT NULL DEFAULT false`);
    await runner.query(
      `ALTER TABLE view_backfill ADD COLUMN from_offset bigint NOT NULL DEFAULT 0`,
    );
    await runner.query(`ALTER TABLE check_list ADD COLUMN answered bytea`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // Software of before knows no other filling than from the beginning.
    await runner.query(`UPDATE view_terms SET refill = true WHERE holds_back`);
    await runner.query(`ALTER TABLE check_list DROP COLUMN answered`);
    await runner.query(`ALTER TABLE view_backfill DROP COLUMN from_offset`);
    await runner.query(`ALTER TABLE view_terms DROP COLUMN catch_up`);
    await runner.query(`DROP TABLE view_waiting`);
  }
}
