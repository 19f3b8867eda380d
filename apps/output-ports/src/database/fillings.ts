import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Numbers of fillings, none used twice: they are in the names of consumer groups, and a broker keeps the offsets of a port
 * that was closed for days. Opened again under the number it had, its table began where the last one ended. Ports that were
 * closed before this are not remembered, so counting starts far above what pausing and new columns can have come to.
 */
export class Fillings1795313000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SEQUENCE port_filling AS integer START 1000000');
    await runner.query(
      `ALTER TABLE port_view ALTER filling SET DEFAULT nextval('port_filling')::integer`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE port_view ALTER filling SET DEFAULT 1');
    await runner.query('DROP SEQUENCE port_filling');
  }
}
