import { createHash } from 'node:crypto';

import pg from 'pg';
import type { ClientBase } from 'pg';

const { escapeIdentifier: name } = pg;

/** Schema of the markers. Everybody may look into it, and read what is theirs. */
export const MARKERS = 'grant_reading';
const POLICY = 'counted';

type Table = { topic: string; schemaName: string; tableName: string };

/** Topics are longer than the names that PostgreSQL keeps. */
export const markerOf = (topic: string): string =>
  `m_${createHash('sha256').update(topic).digest('hex').slice(0, 32)}`;

/**
 * Has the statements of a recipient that find rows of a table counted. The policy asks once a statement whether the view's marker, which is
 * always empty, is empty; that is a scan of the marker, which PostgreSQL counts and gives a time (`pg_stat_user_tables`). The
 * table's owner, who is this service, is under no policy. Sampling sessions would miss short ones, and counts of the table
 * itself would be those of the service too.
 */
export async function countReading(
  client: ClientBase,
  role: string,
  { topic, schemaName, tableName }: Table,
): Promise<void> {
  const place = `${name(schemaName)}.${name(tableName)}`;
  const marker = `${MARKERS}.${markerOf(topic)}`;
  const { rows } = await client.query<{ counted: boolean }>(
    'SELECT relrowsecurity AS counted FROM pg_class WHERE oid = to_regclass($1)',
    [place],
  );
  if (rows[0]?.counted !== false) return;
  await client.query(`CREATE TABLE IF NOT EXISTS ${marker} ()`);
  await client.query(`GRANT SELECT ON ${marker} TO ${name(role)}`);
  await client.query(
    `CREATE POLICY ${POLICY} ON ${place} FOR SELECT TO ${name(role)} USING (NOT EXISTS (SELECT FROM ${marker}))`,
  );
  await client.query(`ALTER TABLE ${place} ENABLE ROW LEVEL SECURITY`);
}

/** Ends the counting of a view, whose table is gone or goes in the same transaction: without its policy nobody reads it. */
export async function dropMarker(client: ClientBase, topic: string): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${MARKERS}.${markerOf(topic)} CASCADE`);
  await client.query('UPDATE grant_use SET seen = 0 WHERE topic = $1', [topic]);
}
