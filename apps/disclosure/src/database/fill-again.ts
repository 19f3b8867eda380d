import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Views from before there were choices are read again, so that the check service can be asked about their people. */
export class FillAgain1795312800111 implements MigrationInterface {
  readonly name = 'FillAgain1795312800111';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE view_terms SET refill = true WHERE holds_back`);
  }

  async down(): Promise<void> {
    // What is read again is no other than before.
  }
}
