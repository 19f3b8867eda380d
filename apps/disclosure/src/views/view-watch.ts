import type { Logger } from '@caremesh/platform';
import type { RecordTransport } from '@caremesh/product';

import type { GrantedView, Governance } from '../grants/governance.js';
import type { ViewPlan } from './plan.js';
import type { ViewPlans } from './plans.js';
import type { Backfill, View, ViewStore } from './view-store.js';

/** Patterns under which the transport hands batches over. */
export const EDITION = 'secondary-edition';
export const BACKFILL = 'view-backfill';

/** So many views are filled at once; each takes a connection to the database. */
const BACKFILLS_AT_ONCE = 4;

/**
 * The more views an edition has, the longer its records are gathered: each batch is a row, a record and a batch at the broker
 * per view and partition, whether it holds one record or fifty. With 200 views, a second. With few, long enough that at 200 records a
 * second ten share a transaction: one for each took from those who wait for an answer (ADR 031). One that comes alone goes at once.
 */
const APART_MS_PER_VIEW = 5;
const FEWEST_APART_MS = 50;
const MOST_APART_MS = 1_000;
/**
 * What a transaction costs by itself is a tenth of what a view's records cost, with 500 of them: so it takes up to twice as
 * many in each lane, but never more rows of views at once than 100 records in 200 views are: whoever waits for the same database
 * waits behind them (ADR 031).
 */
const FEWEST_OF_BATCH = 100;
const MOST_OF_BATCH = 1_000;
const ROWS_OF_BATCH = 20_000;

type Following = { until: ReadonlyMap<number, bigint>; open: Set<number> };

/**
 * Keeps what is written in step with what is granted: begins and ends views, follows the editions that have a view, once
 * for all of them, and fills new views from the beginning while the others go on.
 */
export class ViewWatch {
  readonly #governance: Pick<Governance, 'activeViews'>;
  readonly #store: ViewStore;
  readonly #plans: Pick<ViewPlans, 'of' | 'codes'>;
  readonly #transport: RecordTransport;
  readonly #log: Logger;
  readonly #groups: string;
  readonly #lanes: number;
  readonly #editions = new Set<string>();
  /** The views of each edition. */
  #views = new Map<string, View[]>();
  readonly #backfills = new Map<string, Following>();
  /** Why a granted view cannot begin, said once and not at every look. */
  readonly #told = new Map<string, string>();
  /** The list of codes of this process is in force for every view there was when it started. */
  #isListHeeded = false;

  constructor(parts: {
    governance: Pick<Governance, 'activeViews'>;
    store: ViewStore;
    plans: Pick<ViewPlans, 'of' | 'codes'>;
    transport: RecordTransport;
    log: Logger;
    /** The process's part: its consumer groups are `mesh.<part>.…`. */
    part: string;
    /** In how many lanes each edition is read. */
    lanes: number;
  }) {
    this.#governance = parts.governance;
    this.#store = parts.store;
    this.#plans = parts.plans;
    this.#transport = parts.transport;
    this.#log = parts.log;
    this.#groups = `mesh.${parts.part}`;
    this.#lanes = parts.lanes;
  }

  /** One look. Throws if governance or the database gave no answer; then nothing was ended. */
  async look(): Promise<void> {
    const granted = await this.#governance.activeViews();
    const known = new Map((await this.#store.all()).map((view) => [view.topic, view]));
    await this.#endOthers(known, new Set(granted.map(({ topic }) => topic)));
    for (const view of granted) await this.#begin(view, known.get(view.topic));
    await this.#heedList(granted, known);
    await this.#store.refreshTerms(granted);
    await this.#store.refill();
    await this.#follow();
  }

  /** Offsets below which a running backfill is wanted. */
  untilOf(subscription: string): ReadonlyMap<number, bigint> {
    return this.#backfills.get(subscription)?.until ?? new Map<number, bigint>();
  }

  async #endOthers(known: ReadonlyMap<string, View>, granted: ReadonlySet<string>): Promise<void> {
    for (const { id, topic, active } of known.values()) {
      if (!active || granted.has(topic)) continue;
      await this.#store.end(id);
      this.#log.info({ view: topic }, 'A view is no longer granted and is not written any more');
    }
  }

  async #begin(granted: GrantedView, known: View | undefined): Promise<void> {
    if (known?.active && known.schemaId === granted.schemaId) return;
    const { topic } = granted;
    // A view that cannot be written must not hold up those that can: it is planned before it is begun.
    const plan = await this.#planOf(granted);
    if (plan === null) return;
    await this.#store.begin(granted, plan.codes);
    this.#log.info({ view: topic }, 'A view begins');
    if (known !== undefined && known.codes !== plan.codes) await this.#store.heed(known, plan);
  }

  /**
   * Once, as the process starts, since the one that started last has the newer list: two that differ would else take turns for
   * ever. The other one's batches wait until it is started again.
   */
  async #heedList(
    granted: readonly GrantedView[],
    known: ReadonlyMap<string, View>,
  ): Promise<void> {
    if (this.#isListHeeded) return;
    let all = true;
    for (const one of granted) {
      const view = known.get(one.topic);
      if (!view?.active || view.codes === this.#plans.codes) continue;
      const plan = await this.#planOf(one);
      if (plan === null) all = false;
      else await this.#store.heed(view, plan);
    }
    this.#isListHeeded = all;
  }

  async #planOf(granted: GrantedView): Promise<ViewPlan | null> {
    const { topic, recipient } = granted;
    try {
      const plan = await this.#plans.of({ ...granted, ...recipient });
      this.#told.delete(topic);
      return plan;
    } catch (err) {
      this.#tell(topic, err);
      return null;
    }
  }

  #tell(topic: string, err: unknown): void {
    const why = err instanceof Error ? err.message : 'unknown';
    if (this.#told.get(topic) === why) return;
    this.#told.set(topic, why);
    this.#log.warn({ view: topic, err }, 'A granted view cannot begin yet');
  }

  async #follow(): Promise<void> {
    const active = (await this.#store.all()).filter((view) => view.active);
    const wanted = new Map(active.map(({ edition, reader }) => [edition, reader]));
    this.#views = Map.groupBy(active, ({ edition }) => edition);
    for (const [edition, reader] of wanted) this.#followEdition(edition, reader);
    for (const edition of this.#editions) {
      if (wanted.has(edition)) continue;
      this.#editions.delete(edition);
      for (const lane of this.#lanesOf(edition)) await this.#transport.unfollow(lane);
    }
    await this.#fill(await this.#store.unfilled());
  }

  #followEdition(edition: string, reader: string): void {
    if (this.#editions.has(edition)) return;
    this.#editions.add(edition);
    const groupId = `${this.#groups}.${edition}.${reader}`;
    const views = () => this.#views.get(edition)?.length ?? 0;
    const apart = () => apartFor(views());
    const batchSize = () => batchFor(views());
    for (const name of this.#lanesOf(edition)) {
      this.#transport.follow(edition, EDITION, {
        name,
        rule: 'handler',
        groupId,
        apart,
        batchSize,
      });
    }
  }

  /**
   * An edition is read in lanes, each a member of its group with partitions and a transaction of its own, as another instance of
   * the service would be: while the database works for one, the other is decoded and rewritten.
   */
  #lanesOf(edition: string): string[] {
    return Array.from({ length: this.#lanes }, (_, lane) =>
      lane === 0 ? edition : `${edition} ${lane + 1}`,
    );
  }

  async #fill(missing: readonly Backfill[]): Promise<void> {
    const wanted = new Map(missing.map((backfill) => [nameOf(backfill.view), backfill]));
    for (const name of [...this.#backfills.keys()]) {
      if (wanted.has(name)) continue;
      this.#backfills.delete(name);
      await this.#transport.unfollow(name);
    }
    for (const [name, backfill] of wanted) {
      if (this.#backfills.size >= BACKFILLS_AT_ONCE) return;
      if (!this.#backfills.has(name)) this.#startFilling(name, backfill);
    }
  }

  #startFilling(name: string, { view, from, until }: Backfill): void {
    const following = { until, open: new Set(until.keys()) };
    this.#backfills.set(name, following);
    this.#transport.follow(view.edition, BACKFILL, {
      name,
      rule: 'handler',
      // A group of its own, so that it begins where the filling does, whatever the edition's group has read.
      groupId: `${this.#groups}.${name}.${view.reader}`,
      from,
      batchSize: () => batchFor(1),
      settled: (positions) => void this.#settled(view, following, positions),
    });
  }

  async #settled(
    view: View,
    { until, open }: Following,
    positions: ReadonlyMap<number, bigint>,
  ): Promise<void> {
    const done = [...open].filter(
      (partition) => (positions.get(partition) ?? -1n) >= until.get(partition)!,
    );
    if (done.length === 0) return;
    for (const partition of done) open.delete(partition);
    try {
      await this.#store.filled(view.id, done);
    } catch (err) {
      for (const partition of done) open.add(partition);
      this.#log.warn({ view: view.topic, err }, 'That a view is filled could not be written down');
    }
  }
}

/** Each beginning of a view is filled by a subscription of its own. */
const nameOf = ({ topic, generation }: View): string => `backfill.${topic}.${generation}`;

/** How long after one batch of an edition with so many views the next is begun, unless more has come than one holds. */
const apartFor = (views: number): number =>
  Math.max(FEWEST_APART_MS, Math.min(MOST_APART_MS, views * APART_MS_PER_VIEW));

/** Records of a batch that is written to so many views. */
const batchFor = (views: number): number =>
  Math.max(FEWEST_OF_BATCH, Math.min(MOST_OF_BATCH, Math.floor(ROWS_OF_BATCH / views)));
