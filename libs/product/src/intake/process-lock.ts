import { createHash } from 'node:crypto';

import pg from 'pg';

/**
 * A lock among all processes that share a database, on a connection of its own: a process that is killed, or loses
 * the database, gives it up at once. Used by one caller at a time within a process.
 */
export class ProcessLock {
  readonly #key: string;
  #client: pg.Client | null = null;
  #held = false;

  constructor(
    private readonly databaseUrl: string,
    name: string,
  ) {
    // An advisory lock is named by a number; 8 bytes of a hash keep names apart.
    this.#key = createHash('sha256').update(name).digest().readBigInt64BE().toString();
  }

  /** True from a successful `take` until `close`, or until the connection is lost. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Takes the lock for as long as the process lives; false if another process has it. Throws if the database is away. */
  async take(): Promise<boolean> {
    if (this.#held) return true;
    const client = await this.#connected();
    const answer = await client.query<{ held: boolean }>(
      `SELECT pg_try_advisory_lock($1::bigint) AS held`,
      [this.#key],
    );
    return (this.#held = answer.rows[0]!.held && this.#client === client);
  }

  /** Runs `work` while no other process runs what is under this lock; waits for its turn. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const client = await this.#connected();
    await client.query(`SELECT pg_advisory_lock($1::bigint)`, [this.#key]);
    try {
      return await work();
    } finally {
      // Without a connection there is no lock left to give back.
      await client
        .query(`SELECT pg_advisory_unlock($1::bigint)`, [this.#key])
        .catch(() => undefined);
    }
  }

  /** Gives the lock up. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#lost(client);
    await client?.end().catch(() => undefined);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    await client.connect();
    this.#client = client;
    return client;
  }

  #lost(client: pg.Client | null): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#held = false;
  }
}
