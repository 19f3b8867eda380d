import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Marks in a table of their own. As a column of `part_row` they had no index, so finding those of one file walked
 * through every row ever landed; with an index each mark set or taken away would have written the sealed row again.
 */
export class PartMark1764000000012 implements MigrationInterface {
  readonly name = 'PartMark1764000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE part_mark (
        key bytea PRIMARY KEY,
        source text NOT NULL,
        mark bigint NOT NULL
      )`);
    await runner.query(`
      INSERT INTO part_mark SELECT key, source, mark FROM part_row WHERE mark IS NOT NULL`);
    await runner.query(`ALTER TABLE part_row DROP COLUMN mark`);
    // What a submission left behind is summed up once, at its end.
    await runner.query(
      `CREATE INDEX part_row_receipt ON part_row (receipt, part) WHERE receipt IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX part_row_receipt`);
    await runner.query(`ALTER TABLE part_row ADD COLUMN mark bigint`);
    await runner.query(`UPDATE part_row r SET mark = m.mark FROM part_mark m WHERE m.key = r.key`);
    await runner.query(`DROP TABLE part_mark`);
  }
}
