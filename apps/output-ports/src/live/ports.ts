import { lineageOf } from '@caremesh/contract';
import { inTransaction } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';
import pg from 'pg';

import type { Contract, Grant, GrantedView } from '../governance/governance.js';
import {
  endConnections,
  endLogins,
  endRecipient,
  extendLogin,
  letRead,
  makeRecipient,
  resumeLogins,
  schemaOf,
  stopLogins,
} from '../recipients/recipient-roles.js';
import { countReading, dropMarker } from '../use/markers.js';
import { KEY_COLUMN } from './columns.js';
import type { Column } from './columns.js';
import { ABOUT, qualified } from './live-set.js';
import { tableNameOf } from './names.js';

const { escapeIdentifier: name } = pg;

/** A port that somebody opened. */
export type Port = { grantId: string; endsAt: Date; isPaused: boolean };
/** A view that an open port gives out. */
export type PortView = {
  topic: string;
  grantId: string;
  product: string;
  major: number;
  schemaId: number;
  schemaName: string;
  tableName: string;
  columns: Column[];
  filling: number;
};

/** Which ports are open, with the tables of each. */
export class Ports {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Name of this reader, in its consumer groups. */
  async reader(): Promise<string> {
    const { rows } = await this.#pool.query<{ name: string }>('SELECT name FROM reader');
    return rows[0]!.name;
  }

  /** Opens it unless it is open, and `noted` before that holds. Whether it was not. */
  async open(grant: Grant, openedBy: string, noted: () => Promise<void>): Promise<boolean> {
    return inTransaction(this.#pool, async (client) => {
      const { id, organisation, purpose, endsAt } = grant;
      const { rowCount } = await client.query(
        `INSERT INTO port (grant_id, organisation, purpose, opened_by, ends_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
        [id, organisation, purpose, openedBy, endsAt],
      );
      if (rowCount === 0) return false;
      await makeRecipient(client, id);
      const about = qualified(schemaOf(id), ABOUT);
      await client.query(
        `CREATE TABLE IF NOT EXISTS ${about} (
           table_name text PRIMARY KEY, product text NOT NULL, major integer NOT NULL, topic text NOT NULL,
           schema_id integer NOT NULL, contract_version text NOT NULL, contract_hash text NOT NULL, contract text NOT NULL,
           lineage jsonb NOT NULL, as_of timestamptz, offsets jsonb NOT NULL DEFAULT '{}')`,
      );
      await letRead(client, id, ABOUT);
      await noted();
      return true;
    });
  }

  async all(): Promise<Port[]> {
    const { rows } = await this.#pool.query<Port>(
      `SELECT grant_id AS "grantId", ends_at AS "endsAt", paused_at IS NOT NULL AS "isPaused"
       FROM port ORDER BY grant_id`,
    );
    return rows;
  }

  async views(grantId?: string): Promise<PortView[]> {
    const { rows } = await this.#pool.query<PortView>(
      `SELECT topic, grant_id AS "grantId", product, major, schema_id AS "schemaId", schema_name AS "schemaName",
         table_name AS "tableName", columns, filling
       FROM port_view WHERE $1::text IS NULL OR grant_id = $1 ORDER BY topic`,
      [grantId ?? null],
    );
    return rows;
  }

  /** The views to be read now: those of every port that is not paused. */
  async followed(): Promise<PortView[]> {
    const paused = new Set(
      (await this.all()).flatMap(({ grantId, isPaused }) => (isPaused ? [grantId] : [])),
    );
    return (await this.views()).filter(({ grantId }) => !paused.has(grantId));
  }

  /**
   * Keeps the recipient out, first of all as `close` does, and drops the tables: resumed, they are filled anew, so that
   * nobody reads what was taken back meanwhile. Credentials stay. Where the rows stood is forgotten with them: offsets
   * without rows would be read as those of today.
   */
  async pause(grantId: string): Promise<void> {
    await stopLogins(this.#pool, await usersOf(this.#pool, grantId));
    await inTransaction(this.#pool, async (client) => {
      await forgetRows(client, grantId);
      await client.query('UPDATE port SET paused_at = now() WHERE grant_id = $1', [grantId]);
    });
  }

  /** Drops the tables, which are filled anew from the beginning. */
  async refill(grantId: string): Promise<void> {
    await this.#reshape(grantId, (client) => forgetRows(client, grantId));
  }

  /** Whether nobody followed the views for so long. */
  async wasAway(ms: number): Promise<boolean> {
    const { rows } = await this.#pool.query<{ away: boolean }>(
      'SELECT followed_at < now() - make_interval(secs => $1::float / 1000) AS away FROM reader',
      [ms],
    );
    return rows[0]!.away;
  }

  /** The views are followed. */
  async note(): Promise<void> {
    await this.#pool.query('UPDATE reader SET followed_at = now()');
  }

  /** Lets the recipient in again. */
  async resume(grantId: string): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        'UPDATE port SET paused_at = NULL WHERE grant_id = $1 AND paused_at IS NOT NULL',
        [grantId],
      );
      if (rowCount === 1) await resumeLogins(client, await usersOf(client, grantId));
    });
  }

  /** Makes the table of a view, or makes it anew where the view has other columns than before. */
  async hold(
    grantId: string,
    view: GrantedView,
    columns: Column[],
    contract: Contract,
  ): Promise<void> {
    const { topic, product, major, schemaId } = view;
    const schemaName = schemaOf(grantId);
    const tableName = tableNameOf(view, await this.views(grantId));
    await this.#reshape(grantId, async (client) => {
      const { rows } = await client.query<{ filling: number }>(
        `INSERT INTO port_view (topic, grant_id, product, major, schema_id, schema_name, table_name, columns)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (topic) DO UPDATE SET schema_id = excluded.schema_id, columns = excluded.columns,
           filling = CASE WHEN port_view.columns = excluded.columns THEN port_view.filling
             ELSE nextval('port_filling') END
         RETURNING filling`,
        [topic, grantId, product, major, schemaId, schemaName, tableName, JSON.stringify(columns)],
      );
      const { filling } = rows[0]!;
      const isNew = !(await hasTable(client, schemaName, tableName, filling));
      if (isNew) await makeTable(client, grantId, tableName, columns, filling);
      if (isNew) await client.query('DELETE FROM port_position WHERE topic = $1', [topic]);
      await countReading(client, schemaName, { topic, schemaName, tableName });
      await tell(client, { ...view, schemaName, tableName, isNew }, contract);
    });
  }

  /** A later, or earlier, end of the grant. */
  async endAt(grantId: string, endsAt: Date): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      await client.query('UPDATE port SET ends_at = $2 WHERE grant_id = $1', [grantId, endsAt]);
      const { rows } = await client.query<{ user_name: string }>(
        `UPDATE sql_credential SET expires = $2 WHERE grant_id = $1 AND expires <> $2 RETURNING user_name`,
        [grantId, endsAt],
      );
      for (const { user_name: user } of rows) await extendLogin(client, user, endsAt);
    });
  }

  /** A product that the grant no longer has. */
  async drop({ topic, grantId, schemaName, tableName }: PortView): Promise<void> {
    await this.#reshape(grantId, async (client) => {
      // First, as a batch that is taken locks it first.
      await client.query('DELETE FROM port_view WHERE topic = $1', [topic]);
      await client.query(`DELETE FROM ${qualified(schemaName, ABOUT)} WHERE table_name = $1`, [
        tableName,
      ]);
      await client.query(`DROP TABLE IF EXISTS ${qualified(schemaName, tableName)}`);
      await dropMarker(client, topic);
    });
  }

  /** Ends a port with everything of its recipient: logins and their open connections first, so that nobody reads on while a table is waited for. */
  async close(grantId: string): Promise<void> {
    await stopLogins(this.#pool, await usersOf(this.#pool, grantId));
    await inTransaction(this.#pool, async (client) => {
      // No credential is made of a port that ends.
      await client.query('SELECT FROM port WHERE grant_id = $1 FOR UPDATE', [grantId]);
      await endLogins(client, await usersOf(client, grantId));
      const { rows } = await client.query<{ topic: string }>(
        'SELECT topic FROM port_view WHERE grant_id = $1 ORDER BY topic',
        [grantId],
      );
      await client.query('DELETE FROM port WHERE grant_id = $1', [grantId]);
      for (const { topic } of rows) await dropMarker(client, topic);
      await endRecipient(client, grantId);
    });
  }

  /**
   * Takes tables of a recipient away, or makes them anew. Whoever reads one in a transaction that they leave open has two seconds to
   * end it; then their connections end, since every other port would wait with this one.
   */
  async #reshape(grantId: string, work: (client: PoolClient) => Promise<void>): Promise<void> {
    const patiently = async (client: PoolClient) => {
      // A batch that is being taken is waited for, however long.
      await client.query('SELECT FROM port_view WHERE grant_id = $1 ORDER BY topic FOR UPDATE', [
        grantId,
      ]);
      await client.query(`SET LOCAL lock_timeout = '2s'`);
      await work(client);
    };
    try {
      await inTransaction(this.#pool, patiently);
    } catch (error) {
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      await endConnections(this.#pool, await usersOf(this.#pool, grantId));
      await inTransaction(this.#pool, patiently);
    }
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

async function usersOf(pool: Pool | PoolClient, grantId: string): Promise<string[]> {
  const { rows } = await pool.query<{ user_name: string }>(
    'SELECT user_name FROM sql_credential WHERE grant_id = $1 ORDER BY user_name',
    [grantId],
  );
  return rows.map(({ user_name: user }) => user);
}

async function forgetRows(client: PoolClient, grantId: string): Promise<void> {
  const { rows } = await client.query<{ schema_name: string; table_name: string }>(
    `UPDATE port_view SET filling = nextval('port_filling'), changed_at = NULL, removals = removals + 1
     WHERE grant_id = $1 RETURNING schema_name, table_name`,
    [grantId],
  );
  for (const { schema_name: schema, table_name: table } of rows) {
    await client.query(`DROP TABLE IF EXISTS ${qualified(schema, table)}`);
  }
  const about = qualified(schemaOf(grantId), ABOUT);
  await client.query(`UPDATE ${about} SET as_of = NULL, offsets = '{}'`);
  for (const table of ['port_position', 'snapshot'])
    await client.query(
      `DELETE FROM ${table} WHERE topic IN (SELECT topic FROM port_view WHERE grant_id = $1)`,
      [grantId],
    );
}

/** The filling number is the table's comment: what is there is what the row says, or is made. */
async function hasTable(client: PoolClient, schema: string, table: string, filling: number) {
  const { rows } = await client.query<{ filling: string | null }>(
    `SELECT obj_description(to_regclass($1), 'pg_class') AS filling`,
    [qualified(schema, table)],
  );
  return rows[0]?.filling === `filling ${filling}`;
}

async function makeTable(
  client: PoolClient,
  grantId: string,
  table: string,
  columns: readonly Column[],
  filling: number,
): Promise<void> {
  const place = qualified(schemaOf(grantId), table);
  const typed = columns.map(({ column, type }) => `${name(column)} ${type}`);
  await client.query(`DROP TABLE IF EXISTS ${place}`);
  await client.query(
    `CREATE TABLE ${place} (${[`${KEY_COLUMN} text PRIMARY KEY`, ...typed].join(', ')})`,
  );
  await client.query(`COMMENT ON TABLE ${place} IS 'filling ${filling}'`);
  await letRead(client, grantId, table);
}

type Told = GrantedView & { schemaName: string; tableName: string; isNew: boolean };

async function tell(client: PoolClient, view: Told, { read, text, contentHash }: Contract) {
  const { schemaName, tableName, product, major, topic, schemaId, isNew } = view;
  await client.query(
    `INSERT INTO ${qualified(schemaName, ABOUT)} AS held
       (table_name, product, major, topic, schema_id, contract_version, contract_hash, contract, lineage)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (table_name) DO UPDATE SET schema_id = excluded.schema_id, contract_version = excluded.contract_version,
       contract_hash = excluded.contract_hash, contract = excluded.contract, lineage = excluded.lineage,
       as_of = CASE WHEN $10::boolean THEN NULL ELSE held.as_of END,
       offsets = CASE WHEN $10::boolean THEN '{}' ELSE held.offsets END`,
    [
      ...[tableName, product, major, topic, schemaId, read.version, contentHash, text],
      ...[JSON.stringify(lineageOf(read)), isNew],
    ],
  );
}
