import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a grant's recipient is told on a topic of their own waits beside what all that follow governance are told. */
export class Notices1795314000031 implements MigrationInterface {
  name = 'Notices1795314000031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE event_outbox ADD COLUMN topic text');
    await runner.query(
      'CREATE INDEX event_outbox_waiting ON event_outbox (id) WHERE sent_at IS NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX event_outbox_waiting');
    await runner.query('ALTER TABLE event_outbox DROP COLUMN topic');
  }
}
