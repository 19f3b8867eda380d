import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { sharedStack } from './shared-stack.js';

/** A database of its own for one spec file, with a role of its own. */
export type TestDatabase = { url: string; name: string; drop(): Promise<void> };

/**
 * Makes an empty database; `drop()` it in `afterAll`. Waits for PostgreSQL alone. With `makesRoles` its role may make
 * others; they must be gone before the drop.
 */
export async function testDatabase({ makesRoles = false } = {}): Promise<TestDatabase> {
  const { adminUrl } = await sharedStack('postgresql');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(18).toString('base64url');
  await asOwner(adminUrl, [
    `CREATE ROLE ${name} LOGIN ${makesRoles ? 'CREATEROLE' : ''} PASSWORD '${password}'`,
    `CREATE DATABASE ${name} OWNER ${name}`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
  ]);
  const url = new URL(adminUrl);
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    name,
    drop: () => asOwner(adminUrl, [`DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}`]),
  };
}

async function asOwner(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
