import type { DataSource, EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { withConnection } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { currentScope } from './request-scope.js';

/**
 * Governance's own database. One class for it, so that a room's constructor says that it keeps
 * something, and one place for the locks that keep two instances of governance out of each other's way.
 */
export class Store {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get dataSource(): DataSource {
    return this.#database.dataSource;
  }

  /** Reads outside any transaction; within one where a request's own reading belongs to it (`readingWithin`). */
  get reader(): EntityManager {
    return currentScope()?.within ?? this.#database.dataSource.manager;
  }

  /** Reads several things at a time; one after the other within a transaction, which has one connection. */
  async sideBySide<T extends unknown[]>(
    ...readings: { [K in keyof T]: (em: EntityManager) => Promise<T[K]> }
  ): Promise<T> {
    const em = this.reader;
    if (!currentScope()?.within) {
      return (await Promise.all(readings.map((read) => read(em)))) as T;
    }
    const found: unknown[] = [];
    for (const read of readings) found.push(await read(em));
    return found as T;
  }

  /**
   * Runs `work` in one transaction; what it throws takes everything back. In a request that says what it is based on,
   * the first one begins by holding that still and comparing.
   */
  async transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    const scope = currentScope();
    if (scope?.within) return scope.within.transaction(work);
    const before = scope?.before ?? null;
    const answer = await this.#database.dataSource.transaction(async (em) => {
      await before?.(em);
      return work(em);
    });
    if (scope) Object.assign(scope, { before: null, committed: true });
    return answer;
  }

  /**
   * Runs `work` while holding a lock that belongs to the connection: a killed process gives it up at
   * once, so that another may go on. Answers null, without running it, if somebody else holds it, or if it is not due: what
   * is asked several times a second asks for the lock only where there is something to do.
   */
  async exclusively<T>(
    name: string,
    work: () => Promise<T>,
    isDue: () => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<T | null> {
    if (!(await isDue())) return null;
    return withConnection(this.#database.pool, async (client) => {
      const answer = await client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held',
        [name],
      );
      if (!answer.rows[0]?.held) return null;
      try {
        return await work();
      } finally {
        await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]);
      }
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** Waits for its turn on `name`, until the transaction ends. */
export async function turn(em: EntityManager, name: string): Promise<void> {
  await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
}

// TypeORM types what it inserts down to the leaves of a field of JSON, which an entity's own type does not fit. What is given is held
// to that type, and the cast stands here alone.
type Rows<Row> = NoInfer<Partial<Row>> | readonly NoInfer<Partial<Row>>[];

/** Inserts one row of an entity, or several. */
export async function insert<Row extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityTarget<Row>,
  rows: Rows<Row>,
): Promise<void> {
  await em.insert(entity, rows as never);
}

/** Inserts one row of an entity, or several; what has the same `key` is written over. */
export async function upsert<Row extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityTarget<Row>,
  rows: Rows<Row>,
  key: (keyof Row & string)[],
): Promise<void> {
  await em.upsert(entity, rows as never, key);
}
