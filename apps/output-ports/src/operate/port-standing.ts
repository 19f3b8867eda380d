import type { Pool } from 'pg';

import { ABOUT, qualified } from '../live/live-set.js';
import type { Ports } from '../live/ports.js';
import { schemaOf } from '../recipients/recipient-roles.js';
import type { SqlCredentials } from '../recipients/sql-credentials.js';

type About = {
  table_name: string;
  product: string;
  major: number;
  topic: string;
  contract_version: string;
  contract_hash: string;
  as_of: Date | null;
  offsets: Record<string, number>;
};

/** Reads how the port of a grant stands. */
export class PortStanding {
  readonly #pool: Pool;
  readonly #ports: Ports;
  readonly #credentials: SqlCredentials;

  constructor(pool: Pool, ports: Ports, credentials: SqlCredentials) {
    this.#pool = pool;
    this.#ports = ports;
    this.#credentials = credentials;
  }

  /** Null while it is not open. */
  async of(grantId: string) {
    const port = (await this.#ports.all()).find((one) => one.grantId === grantId);
    if (port === undefined) return null;
    const schema = schemaOf(grantId);
    const { rows } = await this.#pool.query<About>(
      `SELECT * FROM ${qualified(schema, ABOUT)} ORDER BY table_name`,
    );
    return {
      grant: grantId,
      endsAt: port.endsAt.toISOString(),
      paused: port.isPaused,
      schema,
      tables: rows.map((row) => ({
        table: row.table_name,
        product: row.product,
        major: row.major,
        topic: row.topic,
        contract: { version: row.contract_version, contentHash: row.contract_hash },
        asOf: row.as_of?.toISOString() ?? null,
        offsets: row.offsets,
      })),
      sqlCredentials: await this.#credentials.list(grantId),
    };
  }
}
