import { setTimeout as sleep } from 'node:timers/promises';

import { atOnce, BY_KEY } from '@caremesh/platform';
import pg from 'pg';

import type { ItemOutcome } from '../define/source.js';
import { fault, ProductError } from '../errors.js';
import type { Seal } from '../sealing/seal.js';
import type { LiveProduct } from '../state/model.js';
import { decideUnits, storedOf } from './attempt.js';
import type { Attempt, Unit } from './attempt.js';
import type { Prepared } from './prepare.js';

type Waiting = Unit & {
  resolve: (outcomes: ItemOutcome[]) => void;
  reject: (error: Error) => void;
};
export type CommitterSettings = {
  databaseUrl: string;
  domainKey: Uint8Array;
  seal: Seal;
  products: () => readonly LiveProduct[];
  log: { warn(detail: object, message: string): void };
  /** Told what became of items that are committed; must not throw. */
  settled?: (items: readonly Prepared[], outcomes: readonly ItemOutcome[]) => void;
  /** How long a unit is tried before it is given back as not stored. */
  patienceMs?: number;
  /** Most items of a batch, and from how many on the next is decided while it is written. */
  batch?: { most: number; aheadFrom: number };
};
/** What is decided on top of a batch that is being written. */
type Ahead = { batch: Waiting[]; attempt: Attempt | null };

/** Items of one transaction; batches of 2,000 were slower than of 500. */
const MOST_ITEMS = 500;
const MOST_BYTES = 4_000_000;
/** Units may wait for two batches; then `room` holds their makers back, so memory stays flat. */
const MOST_WAITING = 2 * MOST_ITEMS;
const PATIENCE_MS = 10_000;
/**
 * Batches of a file are as large as they may be. While the database writes one, the next is read for and decided: both took as long as
 * writing (27 of 72 ms a batch), with one core idle. A few messages whose senders wait are rather gathered.
 */
const AHEAD_FROM = 100;
/** Senders of single messages at a time, from which on their next messages are waited for. */
const SEVERAL = 4;
/**
 * Whoever was just answered sends the next message within about so long. Without this wait 20 connections fall into two
 * halves that take turns: 10 items a transaction, and what a transaction costs by itself is most of it. With 1 ms 12 to 13 of them shared
 * one where both cores were busy, with 3 ms 19.6, after 1.6 ms; a sender that stops is waited for once.
 */
const AGAIN_WITHIN_MS = 3;

/**
 * Commits what queued while the last commit was on its way: one item waits for nothing, many share a commit, and of
 * several senders that wait for their answers none goes ahead of the others' next messages. One transaction at a time keeps the order of
 * receipt; while a large one is written the next is decided on what it leaves, and decided again if it is not committed.
 */
export class Committer {
  readonly #settings: CommitterSettings;
  readonly #batch: { most: number; aheadFrom: number };
  readonly #connections = new Map<'write' | 'ahead', pg.Client>();
  #queue: Waiting[] = [];
  #items = 0;
  #running: Promise<void> | null = null;
  #roomWanted: (() => void)[] = [];
  /** How many were waiting for an answer when the last were given, and when that was. */
  #senders = 0;
  #answeredAt = 0;
  #enough: (() => void) | null = null;
  /** Told when there is something new in the queue. */
  #queued: (() => void) | null = null;
  #ahead: Promise<Ahead | null> = Promise.resolve(null);

  constructor(settings: CommitterSettings) {
    this.#settings = settings;
    this.#batch = settings.batch ?? { most: MOST_ITEMS, aheadFrom: AHEAD_FROM };
  }

  /**
   * Resolves with one outcome per item, in order, when they are durable.
   * Throws `cannotStoreNow` if the database could not be reached for as long as the settings say, and what a unit before it in
   * its chain was refused for.
   */
  commit(unit: Unit): Promise<ItemOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...unit, resolve, reject });
      this.#items += unit.items.length;
      if (this.#items >= this.#senders) this.#enough?.();
      this.#queued?.();
      this.#running ??= this.#run();
    });
  }

  /** Resolves when another unit may be made without the queue growing beyond its measure. */
  async room(): Promise<void> {
    while (this.#items >= MOST_WAITING) {
      await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
    }
  }

  /** Ends after what is queued has been committed. */
  async close(): Promise<void> {
    await this.#running;
    for (const client of this.#connections.values()) await client.end();
    this.#connections.clear();
  }

  async #run(): Promise<void> {
    // Lets units that were made in the same turn of the event loop share the first commit.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#gather();
      let batch = this.#take();
      let ready: Attempt | null = null;
      while (batch.length > 0)
        ({ batch, attempt: ready } = (await this.#settle(batch, ready)) ?? NO_MORE);
    }
    // In the same turn as the look at the queue: a unit that comes next must find nobody running.
    this.#running = null;
  }

  /** Commits a batch and answers its units; what was decided meanwhile on top of it, if anything was. */
  async #settle(batch: Waiting[], ready: Attempt | null): Promise<Ahead | null> {
    try {
      const outcomes = await this.#persist(batch, { ready, ahead: true });
      let at = 0;
      for (const unit of batch) {
        const own = outcomes.slice(at, (at += unit.items.length));
        this.#settings.settled?.(unit.items, own);
        unit.resolve(own);
      }
      const single = batch.length >= SEVERAL && outcomes.length === batch.length;
      this.#senders = single ? batch.length + this.#queue.length : 0;
      this.#answeredAt = performance.now();
    } catch (error) {
      const isAway = error instanceof ProductError && error.fault === 'cannotStoreNow';
      if (isAway) for (const unit of batch) refuse(unit, error);
      else await this.#isolate(batch, error);
    }
    const ahead = await this.#ahead;
    this.#ahead = Promise.resolve(null);
    return ahead;
  }

  /** Waits a moment for the next messages of those who were just answered. */
  async #gather(): Promise<void> {
    const isLate = performance.now() - this.#answeredAt > AGAIN_WITHIN_MS;
    if (isLate || this.#items >= this.#senders) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, AGAIN_WITHIN_MS);
      this.#enough = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#enough = null;
  }

  /**
   * Something in the batch cannot be stored, whatever is tried. Its items go one by one, so that only the one
   * at fault is put into quarantine.
   */
  async #isolate(batch: Waiting[], cause: unknown): Promise<void> {
    this.#settings.log.warn(
      { code: codeOf(cause) },
      'A batch could not be stored; its items go one by one',
    );
    for (const unit of batch) {
      if (isLeftBehind(unit)) continue;
      try {
        const outcomes: ItemOutcome[] = [];
        for (const item of unit.items) outcomes.push(await this.#alone(unit, item));
        await this.#persist([{ ...unit, items: [], also: () => unit.also?.(outcomes) ?? [] }]);
        this.#settings.settled?.(unit.items, outcomes);
        unit.resolve(outcomes);
      } catch (error) {
        refuse(unit, error instanceof Error ? error : new Error('unknown'));
      }
    }
  }

  async #alone(unit: Waiting, item: Prepared): Promise<ItemOutcome> {
    const alone = { ...unit, also: undefined };
    try {
      return (await this.#persist([{ ...alone, items: [item] }]))[0]!;
    } catch (error) {
      if (error instanceof ProductError) throw error;
      const product = item.changes[0]?.product.id ?? '';
      const refusal = { step: 'commit', product, errors: [fault('itemNotStorable', '/')] };
      return (await this.#persist([{ ...alone, items: [{ ...item, changes: [], refusal }] }]))[0]!;
    }
  }

  #take(): Waiting[] {
    this.#queue = this.#queue.filter((unit) => {
      if (!isLeftBehind(unit)) return true;
      this.#items -= unit.items.length;
      return false;
    });
    const batch: Waiting[] = [];
    let items = 0;
    let bytes = 0;
    for (const unit of this.#queue) {
      const size = unit.items.reduce((sum, { raw }) => sum + raw.length, 0);
      if (
        batch.length > 0 &&
        (items + unit.items.length > this.#batch.most || bytes + size > MOST_BYTES)
      )
        break;
      batch.push(unit);
      items += unit.items.length;
      bytes += size;
    }
    this.#queue = this.#queue.slice(batch.length);
    this.#items -= items;
    const wanted = this.#roomWanted;
    this.#roomWanted = [];
    for (const resolve of wanted) resolve();
    return batch;
  }

  /** Tries until committed, first as it was decided (`ready`); a fault that is not the database's passes at once. */
  async #persist(
    batch: Waiting[],
    { ready = null, ahead = false }: { ready?: Attempt | null; ahead?: boolean } = {},
  ): Promise<ItemOutcome[]> {
    const until = Date.now() + (this.#settings.patienceMs ?? PATIENCE_MS);
    let decided = ready;
    const unsure: Attempt[] = [];
    for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
      let attempt: Attempt | null = null;
      try {
        const client = await this.#connected('write');
        // The connection was lost when the answer to COMMIT was due: what counts is what is stored, perhaps only later.
        const stored = await storedOf(client, unsure);
        if (stored) return stored.outcomes;
        attempt = decided ?? (await decideUnits(client, batch, this.#settings));
        decided = null;
        const writing = atOnce(client, attempt.statements);
        if (ahead) this.#ahead = this.#lookAhead(attempt, writing);
        await writing;
        return attempt.outcomes;
      } catch (error) {
        await this.#giveBack();
        if (attempt && !isRolledBack(error)) unsure.push(attempt);
        if (!isPassing(error)) throw error;
        if (!isRolledBack(error)) this.#drop('write');
        if (Date.now() > until) throw new ProductError('cannotStoreNow');
        if (!isRolledBack(error)) {
          this.#settings.log.warn(
            { code: codeOf(error) },
            'The database cannot be used; trying again',
          );
        }
        await sleep(pause);
      }
    }
  }

  /** Decides the next batch while one is written; null if not enough came meanwhile, or few items are written. */
  async #lookAhead(before: Attempt, writing: Promise<unknown>): Promise<Ahead | null> {
    const { aheadFrom } = this.#batch;
    if (before.outcomes.length < aheadFrom) return null;
    let isWritten = false;
    const written = writing.catch(() => undefined).then(() => void (isWritten = true));
    while (!isWritten && this.#items < aheadFrom) {
      await Promise.race([written, new Promise<void>((resolve) => (this.#queued = resolve))]);
    }
    if (isWritten) return null;
    const batch = this.#take();
    if (batch.length === 0) return null;
    try {
      const client = await this.#connected('ahead');
      return { batch, attempt: await decideUnits(client, batch, this.#settings, before) };
    } catch {
      // Whatever it is: it shows itself again, and is answered, where the batch is decided on what is stored.
      this.#drop('ahead');
      return { batch, attempt: null };
    }
  }

  /** What was decided on top of a batch that was not written is decided anew, in its turn. */
  async #giveBack(): Promise<void> {
    // What it waits for may never be answered.
    this.#drop('ahead');
    const ahead = await this.#ahead;
    this.#ahead = Promise.resolve(null);
    if (!ahead) return;
    this.#queue = [...ahead.batch, ...this.#queue];
    this.#items += itemsOf(ahead.batch);
  }

  async #connected(purpose: 'write' | 'ahead'): Promise<pg.Client> {
    const held = this.#connections.get(purpose);
    if (held) return held;
    const client = new pg.Client({
      connectionString: this.#settings.databaseUrl,
      pipeline: true,
      options: BY_KEY,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on('error', () => this.#connections.get(purpose) === client && this.#drop(purpose));
    await client.connect();
    this.#connections.set(purpose, client);
    return client;
  }

  #drop(purpose: 'write' | 'ahead'): void {
    const client = this.#connections.get(purpose);
    this.#connections.delete(purpose);
    client?.end().catch(() => undefined);
  }
}

const NO_MORE: Ahead = { batch: [], attempt: null };

/** Gives a unit back as not stored, and all behind it in its chain with it. */
function refuse({ chain, reject }: Waiting, error: Error): void {
  if (chain) chain.broken ??= error;
  reject(error);
}

/** Whether one before it in its chain was not stored: then it is given back as well. */
function isLeftBehind({ chain, reject }: Waiting): boolean {
  if (!chain?.broken) return false;
  reject(chain.broken);
  return true;
}

const itemsOf = (units: readonly Unit[]): number =>
  units.reduce((sum, { items }) => sum + items.length, 0);

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

/** Another transaction came first, or was waiting for us: deciding again is all that is needed. */
const isRolledBack = (error: unknown): boolean =>
  ['40001', '40P01', '23505'].includes(codeOf(error));

/**
 * Faults of the way to the database or of its state, not of what was sent: SQLSTATE classes 08, 40, 53, 57, 58, a key that another
 * transaction wrote first (23505), a server that only reads (25006), and the net's.
 */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (/^(08|40|53|57|58)/.test(code) || code === '23505' || code === '25006') return true;
  if (/^E[A-Z]+$/.test(code)) return true;
  return code === '' && /connection|timeout|terminated|not queryable/i.test(error.message);
}
