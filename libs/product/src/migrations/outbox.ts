import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows of the first outbox partition and of each after it. */
export const PARTITION_ROWS = 1_000_000;
/** Setting of each partition: the largest row that is kept whole in a page of 8 KiB. */
export const IN_PAGE = 'toast_tuple_target = 8160';
/**
 * Another: a partition is only added to and then dropped. To vacuum it for what was inserted read and wrote each page of it a
 * second time, for nobody.
 */
export const UNVACUUMED = 'autovacuum_enabled = false, toast.autovacuum_enabled = false';

/**
 * The outbox: append-only, read by a cursor per shard, dropped partition by partition.
 *
 * `pos` is given out under a lock that lasts until commit (the trigger), so positions become visible in
 * their order: whoever sees one sees every lower one. That holds whatever other transactions are open.
 */
export class Outbox1764000000001 implements MigrationInterface {
  readonly name = 'Outbox1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox_route (
        id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topics text[] NOT NULL UNIQUE
      )`);
    await runner.query(`
      CREATE TABLE outbox (
        pos bigint GENERATED ALWAYS AS IDENTITY,
        shard smallint NOT NULL,
        route smallint NOT NULL,
        hash integer NOT NULL,
        body bytea NOT NULL,
        PRIMARY KEY (shard, pos)
      ) PARTITION BY RANGE (pos)`);
    await runner.query(`ALTER TABLE outbox ALTER body SET STORAGE EXTERNAL`);
    await runner.query(`
      CREATE TABLE outbox_p0 PARTITION OF outbox FOR VALUES FROM (0) TO (${PARTITION_ROWS})`);
    await runner.query(`
      CREATE TABLE outbox_p1 PARTITION OF outbox
        FOR VALUES FROM (${PARTITION_ROWS}) TO (${2 * PARTITION_ROWS})`);
    await runner.query(`CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT`);
    await runner.query(`
      CREATE TABLE outbox_cursor (
        shard smallint PRIMARY KEY,
        pos bigint NOT NULL,
        moved_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE FUNCTION outbox_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(5310002);
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER outbox_in_order BEFORE INSERT ON outbox
        FOR EACH STATEMENT EXECUTE FUNCTION outbox_in_order()`);
    await runner.query(`
      CREATE FUNCTION expect_rows(changed bigint, wanted bigint) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN
        IF changed <> wanted THEN
          RAISE EXCEPTION 'rows changed by another transaction' USING ERRCODE = '40001';
        END IF;
        RETURN true;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE outbox_cursor, outbox, outbox_route`);
    await runner.query(`DROP FUNCTION outbox_in_order, expect_rows`);
  }
}
