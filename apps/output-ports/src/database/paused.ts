import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when a port is paused, because its grant is suspended; null while it is not. */
export class Paused1795313000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE port ADD paused_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE port DROP paused_at');
  }
}
