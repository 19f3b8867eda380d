import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What differs is written down before it is put right: what was found and not yet put right is looked for at each turn. */
export class DriftFound1795312800080 implements MigrationInterface {
  name = 'DriftFound1795312800080';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX "drift_found" ON "drift" ("kind") WHERE outcome = 'found'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX "drift_found"');
  }
}
