import { randomBytes } from 'node:crypto';

import { inTransaction } from '@caremesh/platform';
import pg from 'pg';
import type { ClientBase, Pool } from 'pg';

import { scramVerifier } from './scram.js';

/** A login for a recipient: the password exists in this answer alone. */
export type SqlLogin = { user: string; password: string };

const { escapeIdentifier: name, escapeLiteral: text } = pg;

/** An analyst's tools open a few connections each; one recipient must not use up what all share. */
const CONNECTIONS = 5;
const PASSWORD_BYTES = 32;

/** The schema of a grant's tables, and the role that may read them. Grant ids have no characters of their own here. */
export const schemaOf = (grantId: string): string => `share_${grantId}`;

/** Makes the schema and the role that may look into it. Made once; a second time changes nothing. */
export async function makeRecipient(client: ClientBase, grantId: string): Promise<void> {
  const schema = schemaOf(grantId);
  const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [schema]);
  if (rows.length === 0) await client.query(`CREATE ROLE ${name(schema)} NOLOGIN`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${name(schema)}`);
  await client.query(`GRANT USAGE ON SCHEMA ${name(schema)} TO ${name(schema)}`);
}

/** Lets the recipient read a table of its schema. */
export async function letRead(client: ClientBase, grantId: string, table: string): Promise<void> {
  const schema = name(schemaOf(grantId));
  await client.query(`GRANT SELECT ON ${schema}.${name(table)} TO ${schema}`);
}

/**
 * Makes a login of the recipient, good until the grant ends. What it may do is read its own schema; what it is told to
 * do by default (read only, one minute a statement) protects others from mistakes, not from malice.
 */
export async function makeLogin(
  client: ClientBase,
  grantId: string,
  expires: Date,
): Promise<SqlLogin> {
  const schema = schemaOf(grantId);
  const user = `${schema}_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const { rows } = await client.query<{ database: string }>(
    'SELECT current_database() AS database',
  );
  const database = name(rows[0]!.database);
  // Who makes a role may then also end its connections: membership that is inherited.
  await client.query(`SET LOCAL createrole_self_grant = 'set, inherit'`);
  await client.query(
    `CREATE ROLE ${name(user)} LOGIN CONNECTION LIMIT ${CONNECTIONS} IN ROLE ${name(schema)}
       VALID UNTIL ${text(expires.toISOString())} PASSWORD ${text(scramVerifier(password))}`,
  );
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${name(user)}`);
  const settings = {
    search_path: name(schema),
    default_transaction_read_only: 'on',
    statement_timeout: text('60s'),
    idle_in_transaction_session_timeout: text('60s'),
  };
  for (const [setting, value] of Object.entries(settings)) {
    await client.query(`ALTER ROLE ${name(user)} SET ${setting} = ${value}`);
  }
  return { user, password };
}

/** A later end of the grant is one of its logins. */
export async function extendLogin(client: ClientBase, user: string, expires: Date): Promise<void> {
  await client.query(`ALTER ROLE ${name(user)} VALID UNTIL ${text(expires.toISOString())}`);
}

/**
 * Keeps logins out: no new connection first, then the open ones end. In a transaction of its own, whatever it is part of: who
 * connects before it has committed is let in.
 */
export async function stopLogins(pool: Pool, users: readonly string[]): Promise<void> {
  await inTransaction(pool, async (client) => {
    for (const user of users) await client.query(`ALTER ROLE ${name(user)} NOLOGIN`);
  });
  await endConnections(pool, users);
}

/** Ends what logins have open; each may take five seconds. They may connect again. */
export async function endConnections(pool: Pool, users: readonly string[]): Promise<void> {
  await pool.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = ANY($1)',
    [users],
  );
}

/** Lets logins that were kept out in again, with the passwords they had. */
export async function resumeLogins(client: ClientBase, users: readonly string[]): Promise<void> {
  for (const user of users) await client.query(`ALTER ROLE ${name(user)} LOGIN`);
}

/** Ends logins that were kept out, with their roles. */
export async function endLogins(client: ClientBase, users: readonly string[]): Promise<void> {
  for (const user of users) {
    await client.query(`DROP OWNED BY ${name(user)}`);
    await client.query(`DROP ROLE ${name(user)}`);
  }
}

/** Ends everything of a recipient: the schema with its tables, and the role. Its logins have been ended. */
export async function endRecipient(client: ClientBase, grantId: string): Promise<void> {
  const schema = schemaOf(grantId);
  await client.query(`DROP SCHEMA IF EXISTS ${name(schema)} CASCADE`);
  await client.query(`DROP ROLE IF EXISTS ${name(schema)}`);
}
