import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What becomes of the topics of a retired major. One that was retired before is closed from now on. */
export class RetiredTopics1795312800081 implements MigrationInterface {
  name = 'RetiredTopics1795312800081';

  async up(runner: QueryRunner): Promise<void> {
    for (const column of ['retired_at', 'topic_until', 'closed_at', 'denied_at', 'emptied_at']) {
      await runner.query(`ALTER TABLE "product_major" ADD "${column}" TIMESTAMP(3) WITH TIME ZONE`);
    }
    await runner.query(
      `UPDATE product_major SET retired_at = now(), topic_until = now() + interval '30 days' WHERE status = 'retired'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['retired_at', 'topic_until', 'closed_at', 'denied_at', 'emptied_at']) {
      await runner.query(`ALTER TABLE "product_major" DROP COLUMN "${column}"`);
    }
  }
}
