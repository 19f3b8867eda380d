import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Topics of a retired major take nothing any more: what is still on its way there goes nowhere, and holds nobody up. */
export class OutboxClosed1795312800082 implements MigrationInterface {
  readonly name = 'OutboxClosed1795312800082';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE outbox_route ADD closed boolean NOT NULL DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE outbox_route DROP COLUMN closed`);
  }
}
