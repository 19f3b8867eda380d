import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A place in a topic does not name a record for ever: a topic that is made anew begins at offset 0 again. What names
 * a refusal is its id, made of place and time; the place is only looked for.
 */
export class QuarantineOrigin1764000000005 implements MigrationInterface {
  readonly name = 'QuarantineOrigin1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX quarantine_origin`);
    await runner.query(`
      CREATE INDEX quarantine_origin
        ON quarantine (origin_topic, origin_partition, origin_offset) WHERE origin_topic IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX quarantine_origin`);
    await runner.query(`
      CREATE UNIQUE INDEX quarantine_origin
        ON quarantine (origin_topic, origin_partition, origin_offset) WHERE origin_topic IS NOT NULL`);
  }
}
