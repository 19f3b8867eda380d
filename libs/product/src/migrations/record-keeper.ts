import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which records have an identifier that is their keeper's own, and whose each is (null: nobody said). Only products
 * whose mapping states a keeper have rows here.
 */
export class RecordKeeper1764000000011 implements MigrationInterface {
  readonly name = 'RecordKeeper1764000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE record_keeper (
        id text COLLATE "C" NOT NULL,
        record text COLLATE "C" NOT NULL,
        keeper text,
        PRIMARY KEY (id, record)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE record_keeper`);
  }
}
