import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Marks are numbers that are given once, and are read in their order: that of the file. By their keys, which are hashes, each batch of
 * roots concerned people from all over a file, and every person was read and written once for each of their rows. A mark says
 * of its root what mapping asks: to look that up took the database 15 microseconds a root, a page of a large index each.
 */
export class PartMarkInOrder1795313000005 implements MigrationInterface {
  readonly name = 'PartMarkInOrder1795313000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE part_mark
        ADD COLUMN parent bytea,
        ADD COLUMN digest bytea,
        ADD COLUMN receipt text,
        ADD COLUMN item integer,
        ADD COLUMN source_id text,
        ADD COLUMN at bigint,
        ADD COLUMN held boolean`);
    await runner.query(`
      UPDATE part_mark m SET parent = r.parent, digest = r.digest, receipt = r.receipt, item = r.item,
        source_id = r.source_id, at = r.at, held = r.held
      FROM part_row r WHERE r.key = m.key`);
    await runner.query(`DELETE FROM part_mark WHERE digest IS NULL`);
    await runner.query(`
      ALTER TABLE part_mark
        ALTER COLUMN digest SET NOT NULL,
        ALTER COLUMN held SET NOT NULL`);
    await runner.query(`CREATE SEQUENCE part_mark_number`);
    await runner.query(`CREATE INDEX part_mark_in_order ON part_mark (source, mark)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX part_mark_in_order`);
    await runner.query(`DROP SEQUENCE part_mark_number`);
    await runner.query(`
      ALTER TABLE part_mark
        DROP COLUMN parent,
        DROP COLUMN digest,
        DROP COLUMN receipt,
        DROP COLUMN item,
        DROP COLUMN source_id,
        DROP COLUMN at,
        DROP COLUMN held`);
  }
}
