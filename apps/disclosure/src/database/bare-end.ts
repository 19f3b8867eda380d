import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `bare_at`: where the last tombstone without headers that ended a record was read. Read once more, it must not end what came since. */
export class BareEndOfView1795323000002 implements MigrationInterface {
  readonly name = 'BareEndOfView1795323000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_record ADD COLUMN bare_at text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_record DROP COLUMN bare_at`);
  }
}
