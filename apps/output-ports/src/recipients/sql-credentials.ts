import { inTransaction, problem } from '@caremesh/platform';
import type { Pool } from 'pg';

import { outputPortErrors } from '../errors.js';
import { endLogins, makeLogin, stopLogins } from './recipient-roles.js';
import type { SqlLogin } from './recipient-roles.js';

const MOST_LIVE = 2;

/** An SQL credential as it may be listed: no part of its password is known here. */
export type SqlCredential = { user: string; createdAt: string; expires: string };

/** SQL credentials of grants with an open port. */
export class SqlCredentials {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Makes one, and has it noted before it holds; its password is in this answer alone. Throws MESH-4506 (port not open, or paused),
   * MESH-4507 (two live ones).
   */
  async make(
    grantId: string,
    noted: (user: string) => Promise<void>,
  ): Promise<SqlLogin & { expires: string }> {
    return inTransaction(this.#pool, async (client) => {
      const { rows: ports } = await client.query<{ ends_at: Date }>(
        'SELECT ends_at FROM port WHERE grant_id = $1 AND paused_at IS NULL FOR UPDATE',
        [grantId],
      );
      const expires = ports[0]?.ends_at;
      if (expires === undefined) throw problem(outputPortErrors.portNotOpen, grantId);
      const { rows: live } = await client.query(
        'SELECT FROM sql_credential WHERE grant_id = $1 AND expires > now()',
        [grantId],
      );
      if (live.length >= MOST_LIVE) throw problem(outputPortErrors.twoSqlCredentials, grantId);
      const login = await makeLogin(client, grantId, expires);
      await client.query(
        'INSERT INTO sql_credential (user_name, grant_id, expires) VALUES ($1, $2, $3)',
        [login.user, grantId, expires],
      );
      await noted(login.user);
      return { ...login, expires: expires.toISOString() };
    });
  }

  async list(grantId: string): Promise<SqlCredential[]> {
    const { rows } = await this.#pool.query<{ user_name: string; created_at: Date; expires: Date }>(
      'SELECT user_name, created_at, expires FROM sql_credential WHERE grant_id = $1 ORDER BY created_at',
      [grantId],
    );
    return rows.map(({ user_name: user, created_at, expires }) => ({
      user,
      createdAt: created_at.toISOString(),
      expires: expires.toISOString(),
    }));
  }

  /** Ends one, with the connections it has open, and has it noted before it is forgotten. Throws MESH-4508. */
  async end(grantId: string, user: string, noted: () => Promise<void>): Promise<void> {
    const isKnown = (await this.list(grantId)).some((one) => one.user === user);
    if (!isKnown) throw problem(outputPortErrors.sqlCredentialNotFound, user);
    await stopLogins(this.#pool, [user]);
    await inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        'DELETE FROM sql_credential WHERE grant_id = $1 AND user_name = $2',
        [grantId, user],
      );
      if (rowCount === 0) throw problem(outputPortErrors.sqlCredentialNotFound, user);
      await endLogins(client, [user]);
      await noted();
    });
  }
}
