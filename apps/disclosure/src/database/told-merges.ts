import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A merge that was told is kept too, so that it ends when the view has nothing more of whom it names, and is told again when it
 * has. `told`: false while it waits for its survivor. What was told before this is not known here.
 */
export class ToldMerges1795320000041 implements MigrationInterface {
  readonly name = 'ToldMerges1795320000041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_merge ADD COLUMN told boolean NOT NULL DEFAULT false`);
    // Nearly all are told; those that wait are looked for every second.
    await runner.query(
      `CREATE INDEX view_merge_waiting ON view_merge (view_id, survivor) WHERE NOT told`,
    );
    await runner.query(`CREATE INDEX view_merge_record ON view_merge (view_id, source_key)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM view_merge WHERE told`);
    await runner.query(`DROP INDEX view_merge_record, view_merge_waiting`);
    await runner.query(`ALTER TABLE view_merge DROP COLUMN told`);
  }
}
