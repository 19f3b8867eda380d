import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A recipient's key has generations; a view is written under one of them, and tells once what its people were called before. */
export class KeyGenerations1795313000001 implements MigrationInterface {
  readonly name = 'KeyGenerations1795313000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE pseudonym_key ADD COLUMN generation integer NOT NULL DEFAULT 1`,
    );
    await runner.query(`ALTER TABLE pseudonym_key DROP CONSTRAINT pseudonym_key_pkey`);
    await runner.query(
      `ALTER TABLE pseudonym_key ADD PRIMARY KEY (organisation, purpose, generation)`,
    );
    await runner.query(`ALTER TABLE view ADD COLUMN key_generation integer NOT NULL DEFAULT 1`);
    await runner.query(`ALTER TABLE view ADD COLUMN renamed_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view DROP COLUMN renamed_at, DROP COLUMN key_generation`);
    // A later key is of no use to software that knows one: its views are begun again under the first.
    await runner.query(`DELETE FROM pseudonym_key WHERE generation > 1`);
    await runner.query(`ALTER TABLE pseudonym_key DROP CONSTRAINT pseudonym_key_pkey`);
    await runner.query(`ALTER TABLE pseudonym_key DROP COLUMN generation`);
    await runner.query(`ALTER TABLE pseudonym_key ADD PRIMARY KEY (organisation, purpose)`);
  }
}
