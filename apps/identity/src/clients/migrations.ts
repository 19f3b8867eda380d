import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first tables: who may ask for tokens, and which signed assertions have been used. */
class Clients1763776800000 implements MigrationInterface {
  name = 'Clients1763776800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE client (
        client_id text PRIMARY KEY,
        sub text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('service', 'domain', 'grant')),
        enabled boolean NOT NULL,
        secret_sha256 text,
        jwk jsonb,
        audiences text[] NOT NULL,
        default_audience text NOT NULL,
        roles text[] NOT NULL,
        org text,
        expires timestamptz,
        CHECK (secret_sha256 IS NOT NULL OR jwk IS NOT NULL),
        CHECK (default_audience = ANY (audiences))
      )`);
    await queryRunner.query(`
      CREATE TABLE used_assertion (
        id text PRIMARY KEY,
        expires_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      'CREATE INDEX used_assertion_expires_at ON used_assertion (expires_at)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE used_assertion');
    await queryRunner.query('DROP TABLE client');
  }
}

/** All migrations of the identity database, in order. */
export const migrations = [Clients1763776800000];
