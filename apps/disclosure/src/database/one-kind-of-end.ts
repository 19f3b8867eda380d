import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Of a record that ended the same is kept whatever ended it. Until now one that a choice ended had lost its revision, and was
 * lifted as no other was. What is there is made alike: below the revision of a tombstone is the last that the record had; the
 * one that a choice ended counts as one of the first revision; and in a view in which anything was lifted everything is, by as much.
 */
export class OneKindOfEnd1795315000002 implements MigrationInterface {
  readonly name = 'OneKindOfEnd1795315000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_record ADD COLUMN ended_in integer NOT NULL DEFAULT 0`);
    await runner.query(`
      UPDATE view_record r SET shift = CASE WHEN r.live THEN of.most ELSE greatest(of.most, 2) END,
        revision = CASE WHEN r.live THEN r.revision ELSE greatest(r.revision - 1, 1) END,
        ended_in = CASE WHEN r.live THEN 0 ELSE v.generation END
      FROM (SELECT view_id, max(shift) AS most FROM view_record GROUP BY 1) of JOIN view v ON v.id = of.view_id
      WHERE r.view_id = of.view_id AND (NOT r.live OR of.most > 0)`);
    // A filling that is under way takes what ended before it for what ended since, so another one follows it.
    await runner.query(`
      UPDATE view_terms t SET refill = true
      WHERE EXISTS (SELECT FROM view_backfill b WHERE b.view_id = t.view_id AND NOT b.done)`);
    await runner.query(`
      DELETE FROM view_merge m USING view_record r
      WHERE r.view_id = m.view_id AND r.source_key = m.source_key AND NOT r.live`);
    await runner.query(`ALTER TABLE withdrawn DROP COLUMN revision`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE withdrawn ADD COLUMN revision bigint NOT NULL DEFAULT -1`);
    await runner.query(`ALTER TABLE withdrawn ALTER COLUMN revision DROP DEFAULT`);
    // Software of before knows what comes back by a revision that is not there.
    await runner.query(`UPDATE view_record SET revision = -1 WHERE NOT live`);
    await runner.query(`ALTER TABLE view_record DROP COLUMN ended_in`);
  }
}
