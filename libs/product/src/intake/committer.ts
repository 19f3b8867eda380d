import { setTimeout as sleep } from 'node:timers/promises';

import { atOnce, BY_KEY } from '@caremesh/platform';
import type { Statement } from '@caremesh/platform';
import pg from 'pg';

import type { ItemOutcome } from '../define/source.js';
import { fault, ProductError } from '../errors.js';
import { ringFor } from '../outbox/doorbell.js';
import { INSERT_OUTBOX, outboxParameters } from '../outbox/outbox.js';
import type { Seal } from '../sealing/seal.js';
import { Emitter } from '../state/emit.js';
import type { LiveProduct } from '../state/model.js';
import { loadWorld, worldStatements } from '../state/store.js';
import { Decision } from './decide.js';
import { newId } from './ids.js';
import { loadLanded } from './landing.js';
import type { Prepared } from './prepare.js';

/** Items that are committed together, with what else must be written if they are. */
export type Unit = {
  items: Prepared[];
  refuseReuse?: boolean;
  /** Statements that stand or fall with the items: a receipt, the progress of a long submission. */
  also?: (outcomes: ItemOutcome[]) => Statement[];
};
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
};

/** Items of one transaction; batches of 2,000 were slower than of 500. */
const MOST_ITEMS = 500;
const MOST_BYTES = 4_000_000;
/** Units may wait for two batches; then `room` holds their makers back, so memory stays flat. */
const MOST_WAITING = 2 * MOST_ITEMS;
const PATIENCE_MS = 10_000;
/** Senders of single messages at a time, from which on their next messages are waited for. */
const SEVERAL = 4;
/**
 * Whoever was just answered sends the next message within about so long. Without this wait 20 connections fall into two
 * halves that take turns: 10 items a transaction, and what a transaction costs by itself is most of it.
 */
const AGAIN_WITHIN_MS = 1;

/**
 * Commits what queued while the last commit was on its way: one item waits for nothing, many share a commit, and of
 * several senders that wait for their answers none goes ahead of the others' next messages. One transaction at a time keeps the order of receipt.
 */
export class Committer {
  readonly #settings: CommitterSettings;
  #client: pg.Client | null = null;
  #queue: Waiting[] = [];
  #items = 0;
  #running: Promise<void> | null = null;
  #roomWanted: (() => void)[] = [];
  /** How many were waiting for an answer when the last were given, and when that was. */
  #senders = 0;
  #answeredAt = 0;
  #enough: (() => void) | null = null;

  constructor(settings: CommitterSettings) {
    this.#settings = settings;
  }

  /**
   * Resolves with one outcome per item, in order, when they are durable.
   * Throws `cannotStoreNow` if the database could not be reached for as long as the settings say.
   */
  commit(unit: Unit): Promise<ItemOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...unit, resolve, reject });
      this.#items += unit.items.length;
      if (this.#items >= this.#senders) this.#enough?.();
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
    await this.#client?.end();
    this.#client = null;
  }

  async #run(): Promise<void> {
    // Lets units that were made in the same turn of the event loop share the first commit.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#gather();
      const batch = this.#take();
      try {
        const outcomes = await this.#persist(batch);
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
        if (error instanceof ProductError) for (const unit of batch) unit.reject(error);
        else await this.#isolate(batch, error);
      }
    }
    // In the same turn as the look at the queue: a unit that comes next must find nobody running.
    this.#running = null;
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
      try {
        const outcomes: ItemOutcome[] = [];
        for (const item of unit.items) outcomes.push(await this.#alone(unit, item));
        await this.#persist([{ ...unit, items: [], also: () => unit.also?.(outcomes) ?? [] }]);
        this.#settings.settled?.(unit.items, outcomes);
        unit.resolve(outcomes);
      } catch (error) {
        unit.reject(error instanceof Error ? error : new Error('unknown'));
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
    const batch: Waiting[] = [];
    let items = 0;
    let bytes = 0;
    for (const unit of this.#queue) {
      const size = unit.items.reduce((sum, { raw }) => sum + raw.length, 0);
      if (batch.length > 0 && (items + unit.items.length > MOST_ITEMS || bytes + size > MOST_BYTES))
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

  /** Tries until committed; a fault that is not the database's passes at once. */
  async #persist(batch: Waiting[]): Promise<ItemOutcome[]> {
    const until = Date.now() + (this.#settings.patienceMs ?? PATIENCE_MS);
    let unsure: Attempt | null = null;
    for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
      const attempt: Attempt = { id: newId(), outcomes: [], refused: [] };
      try {
        const client = await this.#connected();
        // The connection was lost when the answer to COMMIT was due: what counts is what is stored.
        if (unsure && (await isStored(client, unsure))) return unsure.outcomes;
        unsure = null;
        await this.#attempt(client, batch, attempt);
        return attempt.outcomes;
      } catch (error) {
        if (attempt.outcomes.length > 0 && !isRolledBack(error)) unsure = attempt;
        if (!isPassing(error)) throw error;
        if (!isRolledBack(error)) this.#drop();
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

  async #attempt(client: pg.Client, batch: Waiting[], attempt: Attempt): Promise<void> {
    const items = batch.flatMap((unit) => unit.items);
    const changes = items.flatMap((item) => item.changes);
    const [world, landed] = await Promise.all([
      loadWorld(client, changes),
      loadLanded(client, items),
    ]);
    const { domainKey, products, seal } = this.#settings;
    const emitter = new Emitter(domainKey, products(), Date.now());
    const decision = new Decision(world, emitter, landed);
    const also: Statement[] = [];
    for (const unit of batch) {
      const from = decision.outcomes.length;
      for (const item of unit.items) await decision.decide(item, unit.refuseReuse ?? false);
      also.push(...(unit.also?.(decision.outcomes.slice(from)) ?? []));
    }
    const statements = [
      ...worldStatements(world),
      ...decision.statements(attempt.id, seal),
      ...also,
    ];
    if (emitter.rows.length > 0) {
      statements.push(
        { ...INSERT_OUTBOX, values: outboxParameters(emitter.rows) },
        ringFor(emitter.rows),
      );
    }
    attempt.outcomes = decision.outcomes;
    attempt.refused = decision.refusedIds;
    await atOnce(client, statements);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({
      connectionString: this.#settings.databaseUrl,
      pipeline: true,
      options: BY_KEY,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on('error', () => this.#client === client && this.#drop());
    await client.connect();
    this.#client = client;
    return client;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    client?.end().catch(() => undefined);
  }
}

/** One go at a transaction; `id` is that of its payload, `refused` those of the quarantine entries it makes. */
type Attempt = { id: string; outcomes: ItemOutcome[]; refused: readonly string[] };

/** A batch that keeps no payload may still have put items into quarantine: either shows that it was committed. */
async function isStored(client: pg.Client, { id, refused }: Attempt): Promise<boolean> {
  const found = await client.query(
    `SELECT 1 FROM payload WHERE id = $1 UNION ALL SELECT 1 FROM quarantine WHERE id = ANY($2::text[])`,
    [id, refused],
  );
  return found.rows.length > 0;
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

/** Another transaction came first, or was waiting for us: deciding again is all that is needed. */
const isRolledBack = (error: unknown): boolean =>
  ['40001', '40P01', '23505'].includes(codeOf(error));

/** Faults of the way to the database or of its state, not of what was sent: SQLSTATE classes 08, 40, 53, 57, 58 and the net's. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (/^(08|40|53|57|58)/.test(code) || code === '23505' || code === '25006') return true;
  if (/^E[A-Z]+$/.test(code)) return true;
  return code === '' && /connection|timeout|terminated|not queryable/i.test(error.message);
}
