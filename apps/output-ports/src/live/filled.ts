import type { Pool } from 'pg';

type Offsets = ReadonlyMap<number, bigint>;

/** A table, and which filling of it. */
type Filling = { topic: string; filling: number };

/**
 * Knows whether a table has all that its topic had when it was first asked of it: one that is still being filled is not
 * the view.
 */
export class Filled {
  readonly #pool: Pool;
  readonly #endsOf: (topic: string) => Promise<Offsets>;
  readonly #reached = new Map<string, Offsets>();
  readonly #wanted = new Map<string, Offsets>();
  /** Tables that were found to be. */
  readonly #been = new Set<string>();

  constructor(pool: Pool, endsOf: (topic: string) => Promise<Offsets>) {
    this.#pool = pool;
    this.#endsOf = endsOf;
  }

  /** How far was read: past markers, and past what compaction took away, of which no record tells. */
  note(of: Filling, reached: Offsets): void {
    this.#reached.set(keyOf(of), reached);
  }

  /** It is read no more. */
  forget(of: Filling): void {
    this.#reached.delete(keyOf(of));
    this.#wanted.delete(keyOf(of));
    this.#been.delete(keyOf(of));
  }

  /** Was it ever since it is read? From then on it follows its topic. */
  async hasBeen(of: Filling): Promise<boolean> {
    return this.#been.has(keyOf(of)) || this.isFilled(of);
  }

  /** Is it? To be asked until it is; asked after that, it is about what the topic has by then. */
  async isFilled(of: Filling): Promise<boolean> {
    const key = keyOf(of);
    const wanted = this.#wanted.get(key) ?? (await this.#endsOf(of.topic));
    this.#wanted.set(key, wanted);
    const taken = await this.#taken(of.topic);
    const reached = this.#reached.get(key);
    const isThere = [...wanted].every(
      ([at, end]) => (taken.get(at) ?? 0n) >= end || (reached?.get(at) ?? 0n) >= end,
    );
    if (!isThere) return false;
    this.#wanted.delete(key);
    this.#been.add(key);
    return true;
  }

  async #taken(topic: string): Promise<Offsets> {
    const { rows } = await this.#pool.query<{ partition: number; next: string }>(
      'SELECT partition, next_offset AS next FROM port_position WHERE topic = $1',
      [topic],
    );
    return new Map(rows.map(({ partition, next }) => [partition, BigInt(next)]));
  }
}

const keyOf = ({ topic, filling }: Filling): string => `${topic} ${filling}`;
