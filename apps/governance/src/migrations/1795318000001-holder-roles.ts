import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a cover's holder was when they gave it; of covers given before, that is not known. */
export class HolderRoles1795318000001 implements MigrationInterface {
  name = 'HolderRoles1795318000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "cover" ADD "holder_roles" text array NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "cover" DROP COLUMN "holder_roles"');
  }
}
