import type { Logger } from '@caremesh/platform';
import type { LastWords, RecordTransport, TopicLook } from '@caremesh/product';

import { optOutRule } from '../choices/terms.js';
import type { GrantedView, Governance } from '../grants/governance.js';
import type { ProductReceived } from '../disclose/product-record.js';
import type { LanesHere } from '../lanes/lanes-here.js';
import type { Absence } from './absence.js';
import { apartFor, batchFor } from './batches.js';
import type { ViewPlan } from './plan.js';
import type { ViewPlans } from './plans.js';
import type { Backfill, View, ViewStore } from './view-store.js';

/** Patterns under which the transport hands batches over. */
export const EDITION = 'secondary-edition';
export const BACKFILL = 'view-backfill';

/** So many views are filled at once; each takes a connection to the database. */
const BACKFILLS_AT_ONCE = 4;

type Offsets = ReadonlyMap<number, bigint>;

/** What is read of an edition below these offsets, where that is not done yet, and the last word there on each record. */
type Reading = {
  until: Offsets;
  open: Set<number>;
  words: LastWords | null;
  looking: AbortController;
};
/** That of an edition: the group that follows it, and those of its lanes that are read here. */
type Following = Reading & { groupId: string; lanes: Set<string> };
type Place = Pick<ProductReceived, 'origin' | 'key' | 'envelope' | 'change'>;

/**
 * Keeps what is written in step with what is granted: begins and ends views, follows the editions that have a view, once
 * for all of them, and fills new views from the beginning while the others go on.
 */
export class ViewWatch {
  readonly #governance: Pick<Governance, 'activeViews'>;
  readonly #store: ViewStore;
  readonly #plans: Pick<ViewPlans, 'of'>;
  readonly #transport: RecordTransport;
  readonly #log: Logger;
  readonly #groups: string;
  readonly #lanesHere: LanesHere;
  readonly #editions = new Map<string, Following>();
  /** The views of each edition. */
  #views = new Map<string, View[]>();
  readonly #topics: Pick<TopicLook, 'begin' | 'committed' | 'ends' | 'lastWords'>;
  readonly #absence: Pick<Absence, 'heed' | 'note'>;
  readonly #backfills = new Map<string, Reading>();
  /** Why a granted view cannot begin, said once and not at every look. */
  readonly #told = new Map<string, string>();
  /** The codes that this process leaves out are in force for every view there was when it started. */
  #isListHeeded = false;

  constructor(parts: {
    governance: Pick<Governance, 'activeViews'>;
    store: ViewStore;
    plans: Pick<ViewPlans, 'of'>;
    transport: RecordTransport;
    log: Logger;
    /** The process's part: its consumer groups are `mesh.<part>.…`. */
    part: string;
    lanesHere: LanesHere;
    topics: Pick<TopicLook, 'begin' | 'committed' | 'ends' | 'lastWords'>;
    absence: Pick<Absence, 'heed' | 'note'>;
  }) {
    this.#governance = parts.governance;
    this.#store = parts.store;
    this.#plans = parts.plans;
    this.#transport = parts.transport;
    this.#log = parts.log;
    this.#groups = `mesh.${parts.part}`;
    this.#lanesHere = parts.lanesHere;
    this.#topics = parts.topics;
    this.#absence = parts.absence;
  }

  /**
   * One look. Throws if governance or the database gave no answer: then nothing was ended. A view that cannot begin and an edition that
   * cannot be read are said in the log once for each cause, are tried again, and hold up no other.
   */
  async look(): Promise<void> {
    const granted = await this.#governance.activeViews();
    const known = new Map((await this.#store.all()).map((view) => [view.topic, view]));
    await this.#endOthers(known, new Set(granted.map(({ topic }) => topic)));
    const followed = new Set(
      [...known.values()].filter(({ active }) => active).map(({ edition }) => edition),
    );
    for (const view of granted)
      await this.#begin(view, known.get(view.topic), followed).catch((err: unknown) =>
        this.#tell(view.topic, err),
      );
    await this.#heedList(granted, known);
    await this.#store.refreshTerms(granted);
    await this.#store.refill();
    await this.#follow((edition) => this.#absence.heed(edition));
    await this.#fill(await this.#store.unfilled());
    await this.#absence.note(() => this.#readUp());
  }

  /** Whether it follows an edition, or has none to follow. */
  get isReading(): boolean {
    return this.#views.size === 0 || this.#editions.size > 0;
  }

  /** Reads along what views there are; who begins, ends and fills them is another. Throws as `look`. */
  async join(): Promise<void> {
    await this.#follow(() => Promise.resolve(false));
  }

  /** True if a running backfill tells this record: it lies below the end of the filling, and nothing there says more of it. */
  isFilledWith(subscription: string, record: Place): boolean {
    const filling = this.#backfills.get(subscription);
    if (!filling?.words || !isBelow(filling.until, record)) return false;
    return !filling.words.isSuperseded(record);
  }

  /** True if what follows an edition tells this record: all but what was over before it could be told. */
  isFollowedBy(edition: string, record: Place): boolean {
    const words = this.#editions.get(edition)?.words;
    if (!words || record.change === 'deleted') return true;
    return !(isBelow(this.#editions.get(edition)!.until, record) && words.isEnded(record));
  }

  async #endOthers(known: ReadonlyMap<string, View>, granted: ReadonlySet<string>): Promise<void> {
    for (const { id, topic, active } of known.values()) {
      if (!active || granted.has(topic)) continue;
      await this.#store.end(id);
      this.#log.info({ view: topic }, 'A view is no longer granted and is not written any more');
    }
  }

  async #begin(
    granted: GrantedView,
    known: View | undefined,
    followed: Set<string>,
  ): Promise<void> {
    if (known?.active && known.schemaId === granted.schemaId) return;
    const { topic } = granted;
    // A view that cannot be written must not hold up those that can: it is planned before it is begun.
    const plan = await this.#planOf(granted, known);
    if (plan === null) return;
    const edition = this.#store.editionOf(granted);
    // Where nobody follows, following begins at the end of what is there, and all before it is filled.
    const ends = followed.has(edition) ? null : await this.#topics.ends(edition);
    await this.#store.begin(granted, plan.codes, ends);
    followed.add(edition);
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
      if (!view?.active) continue;
      const plan = await this.#planOf(one, view);
      if (plan === null) all = false;
      else if (plan.codes !== view.codes) await this.#store.heed(view, plan);
    }
    this.#isListHeeded = all;
  }

  /** A view that was there before goes on with the key it began with, whatever was decided since. */
  async #planOf(granted: GrantedView, known: View | undefined): Promise<ViewPlan | null> {
    const { topic, recipient } = granted;
    const keyOptOut = known?.keyOptOut ?? optOutRule(granted);
    try {
      const plan = await this.#plans.of({ ...granted, ...recipient, keyOptOut });
      this.#told.delete(topic);
      return plan;
    } catch (err) {
      this.#tell(topic, err);
      return null;
    }
  }

  /** Once for each cause: a view or an edition that waits for something must not hold up the others. */
  #tell(topic: string, err: unknown, what = 'A granted view cannot begin yet'): void {
    const why = err instanceof Error ? err.message : 'unknown';
    if (this.#told.get(topic) === why) return;
    this.#told.set(topic, why);
    this.#log.warn({ topic, err }, what);
  }

  async #follow(wasAway: (edition: string) => Promise<boolean>): Promise<void> {
    const active = (await this.#store.all()).filter((view) => view.active);
    this.#views = Map.groupBy(active, ({ edition }) => edition);
    const wanted = new Map(
      active
        .filter(({ edition }) => this.#lanesOf(edition).length > 0)
        .map(({ edition, reader }) => [edition, reader]),
    );
    for (const [edition, reader] of wanted) {
      const following = this.#editions.get(edition);
      if (following) {
        await this.#changeLanes(edition, following);
        continue;
      }
      await this.#beginToFollow(edition, reader, wasAway).catch((err: unknown) =>
        this.#tell(edition, err, 'An edition cannot be read yet'),
      );
    }
    for (const [edition, { looking, lanes }] of this.#editions) {
      if (wanted.has(edition)) continue;
      looking.abort();
      this.#editions.delete(edition);
      for (const lane of lanes) await this.#transport.unfollow(lane);
    }
  }

  async #beginToFollow(
    edition: string,
    reader: string,
    wasAway: (edition: string) => Promise<boolean>,
  ): Promise<void> {
    if (await wasAway(edition))
      this.#log.warn(
        { topic: edition },
        'Nobody followed an edition for long: its views are filled again',
      );
    await this.#followEdition(edition, reader);
  }

  /** Views came or went, and with them lanes; none while it is still looked through what is over. */
  async #changeLanes(edition: string, following: Following): Promise<void> {
    if (following.words === null && following.open.size > 0) return;
    const wanted = this.#lanesOf(edition);
    for (const lane of wanted) this.#followIn(lane, edition, following);
    for (const lane of following.lanes) {
      if (wanted.includes(lane)) continue;
      following.lanes.delete(lane);
      await this.#transport.unfollow(lane);
    }
  }

  /**
   * The editions that are read to where they ended when they were followed first, by whichever members of the group: it is the broker
   * that knows how far each came.
   */
  async #readUp(): Promise<string[]> {
    for (const [edition, following] of this.#editions) {
      const { words, groupId, open } = following;
      if (words === null || open.size === 0) continue;
      settle(following, await this.#topics.committed(groupId, edition, [...open]));
    }
    return [...this.#editions]
      .filter(([, { open }]) => open.size === 0)
      .map(([edition]) => edition);
  }

  /**
   * What was published while nobody followed is looked through first: whoever chose against it meanwhile was told of before they did,
   * and is not to be disclosed for a moment because that is read now.
   */
  async #followEdition(edition: string, reader: string): Promise<void> {
    const from = await this.#store.progressOf(edition);
    const groupId = `${this.#groups}.${edition}.${reader}`;
    await this.#topics.begin(groupId, edition, from);
    const until = await this.#topics.ends(edition);
    this.#editions.set(edition, { ...readingUntil(until), groupId, lanes: new Set() });
    void this.#afterLook(this.#editions, edition, { topic: edition, from }, (following) => {
      for (const lane of this.#lanesOf(edition)) this.#followIn(lane, edition, following);
    });
  }

  #followIn(lane: string, edition: string, following: Following): void {
    if (following.lanes.has(lane)) return;
    following.lanes.add(lane);
    this.#transport.follow(edition, EDITION, {
      name: lane,
      rule: 'handler',
      groupId: following.groupId,
      apart: () => apartFor(this.#viewsOf(edition)),
      batchSize: () => batchFor(this.#viewsOf(edition)),
      settled: (positions) => settle(following, positions),
    });
  }

  /**
   * An edition is read in lanes, each a member of its group with partitions and a transaction of its own, as another instance of
   * the service would be: while the database works for one, the other is decoded and rewritten.
   * @returns the names of those that are read here
   */
  #lanesOf(edition: string): string[] {
    const here = this.#lanesHere(this.#viewsOf(edition));
    return here.map((lane) => (lane === 0 ? edition : `${edition} ${lane + 1}`));
  }

  #viewsOf(edition: string): number {
    return this.#views.get(edition)?.length ?? 0;
  }

  async #fill(missing: readonly Backfill[]): Promise<void> {
    const wanted = new Map(missing.map((backfill) => [nameOf(backfill.view), backfill]));
    for (const name of [...this.#backfills.keys()]) {
      if (wanted.has(name)) continue;
      this.#backfills.get(name)?.looking.abort();
      this.#backfills.delete(name);
      await this.#transport.unfollow(name);
    }
    for (const [name, backfill] of wanted) {
      if (this.#backfills.size >= BACKFILLS_AT_ONCE) return;
      if (!this.#backfills.has(name)) this.#startFilling(name, backfill);
    }
  }

  /**
   * Told is the last word on each record alone. An edition says of somebody who chose against it what it said before, and then
   * that it is gone, until it is compacted: whoever is granted a view afterwards is not to hear the first either.
   */
  #startFilling(name: string, backfill: Backfill): void {
    const { view, from, until } = backfill;
    this.#backfills.set(name, readingUntil(until));
    void this.#afterLook(this.#backfills, name, { topic: view.edition, from }, (filling) =>
      this.#fillFrom(name, backfill, filling),
    );
  }

  /** Begins to read once it is known what is over; at the next look again if that cannot be learnt now. */
  async #afterLook<R extends Reading>(
    readings: Map<string, R>,
    name: string,
    stretch: { topic: string; from: Offsets },
    begin: (reading: R) => void,
  ): Promise<void> {
    const reading = readings.get(name)!;
    const { until, looking } = reading;
    try {
      reading.words = await this.#topics.lastWords({ ...stretch, until }, looking.signal);
      this.#told.delete(stretch.topic);
      if (readings.get(name) === reading) begin(reading);
    } catch (err) {
      if (readings.get(name) !== reading) return;
      readings.delete(name);
      this.#tell(stretch.topic, err, 'An edition cannot be read yet');
    }
  }

  #fillFrom(name: string, { view, from }: Backfill, filling: Reading): void {
    this.#transport.follow(view.edition, BACKFILL, {
      name,
      rule: 'handler',
      // A group of its own, so that it begins where the filling does, whatever the edition's group has read.
      groupId: `${this.#groups}.${name}.${view.reader}`,
      from,
      batchSize: () => batchFor(1),
      settled: (positions) => void this.#settled(view, filling, positions),
    });
  }

  async #settled(
    view: View,
    { until, open }: Reading,
    positions: ReadonlyMap<number, bigint>,
  ): Promise<void> {
    const done = doneOf({ until, open }, positions);
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

const readingUntil = (until: Offsets): Reading => ({
  ...{
    until,
    open: new Set([...until].filter(([, end]) => end > 0n).map(([at]) => at)),
    words: null,
    looking: new AbortController(),
  },
});

/** Of what was looked through, the partitions that are read to its end. */
const doneOf = ({ until, open }: Pick<Reading, 'until' | 'open'>, positions: Offsets): number[] =>
  [...open].filter((partition) => (positions.get(partition) ?? -1n) >= until.get(partition)!);

/** What was over before is of no use once all of it is passed. */
function settle(following: Reading, positions: Offsets): void {
  for (const partition of doneOf(following, positions)) following.open.delete(partition);
  if (following.open.size === 0) following.words = null;
}

const isBelow = (offsets: Offsets, { origin }: Place): boolean =>
  origin.offset < (offsets.get(origin.partition) ?? 0n);

/** Each beginning of a view is filled by a subscription of its own. */
const nameOf = ({ topic, generation }: View): string => `backfill.${topic}.${generation}`;
