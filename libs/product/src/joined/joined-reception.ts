import { setImmediate as turn } from 'node:timers/promises';

import type { Statement } from '@caremesh/platform';

import type { AnySource } from '../define/domain.js';
import type {
  ItemOutcome,
  JoinedSource,
  Outcome,
  PartRow,
  ReadItem,
  SourceItem,
  UnreadItem,
} from '../define/source.js';
import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import type { Chain } from '../intake/attempt.js';
import type { Committer } from '../intake/committer.js';
import { shownIdOf } from '../intake/prepare.js';
import type { Arrival, Prepared, Preparer } from '../intake/prepare.js';
import type { ProcessLock } from '../intake/process-lock.js';
import { inputOf, itemsOf } from '../intake/reception.js';
import type { OnUnit, Receiver } from '../intake/reception.js';
import type { Mode } from '../person/nhs-number.js';
import { isOlder } from '../state/apply.js';
import { digestOf, partKey } from './part-store.js';
import type { FormerRow } from './former.js';
import type { IncomingRow, MarkedRoot, PartStore, WrittenRow } from './part-store.js';
import { laterThan, resolved, taken } from './refusals.js';
import type { Refusals } from './refusals.js';
import { shownRootId } from './shown-root.js';

const UNIT_ITEMS = 1_000;
/** Rows read or sealed at a time, half a millisecond of work: what was sent to the database goes on in between, or it waits for all of them. */
const SLICE = 50;
/** Items whose outcome is shown one by one. */
const SHOWN = 1_000;
/** Marks are numbered from 1. */
const FIRST = '0';
/** Roots mapped before another submission gets its turn. */
const TURN_ROOTS = 5_000;

type Part = {
  rows: Map<string, IncomingRow>;
  outcomes: ItemOutcome[];
  refused: Prepared[];
  /** What stood before a row of the same key and return. */
  passed: FormerRow[];
  stored: number;
};
type SealedPart = Omit<Part, 'rows'> & { rows: WrittenRow[] };
/** Marked roots, mapped where all that they belong to is there. */
type Mapped = { roots: readonly MarkedRoot[]; whole: readonly MarkedRoot[]; items: Prepared[] };
/** A root that stands in quarantine and is mapped again. */
type Again = { key: Buffer; entry: string };
type Asked = { again?: Again; each?: (root: MarkedRoot, outcome: Outcome) => void };
type Parts = {
  source: JoinedSource<unknown>;
  store: PartStore;
  refusals: Refusals;
  preparer: Preparer;
  committer: Committer;
  environment: Mode;
  /** Storing and mapping take turns among all the processes of the domain. */
  lock: ProcessLock;
};

/**
 * Takes in a source whose tables make sense only together: first every row of a submission is stored and marks
 * the roots it concerns, then marked roots are mapped, joined to what is there. So the order of tables in
 * a submission does not matter, and a root is mapped once however many of its rows came.
 */
export class JoinedReception implements Receiver {
  /** Submissions under way: each maps the roots it stored itself, so that its answer can count them. */
  readonly #underWay = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: Parts) {}

  async receive(
    source: AnySource,
    body: AsyncIterable<Uint8Array>,
    arrival: Arrival,
    { skip, receipt, onUnit }: { skip: number; receipt: string; onUnit: OnUnit },
  ): Promise<void> {
    const units = { n: 0 };
    this.#underWay.add(receipt);
    try {
      await this.#storeRows(source, body, arrival, { skip, receipt, onUnit, units });
      await this.#mapMarked(arrival, receipt, (n, outcomes) =>
        onUnit(units.n + n, { stored: 0, outcomes }, false),
      ).then((mapped) => (units.n += mapped));
      await this.#finish(receipt, onUnit, units);
    } finally {
      this.#underWay.delete(receipt);
    }
  }

  /** Maps what was left marked when the process ended; nobody waits for the answer. */
  async catchUp(arrival: Arrival): Promise<void> {
    await this.#mapMarked(arrival, '', () => []);
  }

  /** Ends after the turn in hand. */
  async close(): Promise<void> {
    await this.#turn;
    await this.parts.lock.close();
  }

  /** Maps one root again, which stands in quarantine under `entry`; its outcome. */
  async remap(key: Buffer, arrival: Arrival, entry: string): Promise<Outcome> {
    await this.parts.store.markRoot(key);
    return (await this.#mapOne({ key, entry }, arrival, '')) ?? this.#withoutUs(entry);
  }

  /**
   * Takes in one row that stands in quarantine under `entry` and can be read now, as if it came by itself: it is stored, and
   * what it concerns is mapped. Its outcome, or why it still cannot be taken.
   */
  async takeAgain(
    { record, at, index, sourceId }: ReadItem<PartRow<unknown>>,
    arrival: Arrival,
    entry: string,
  ): Promise<Outcome | Fault[]> {
    const { store, source } = this.parts;
    const { receipt } = arrival;
    const row = this.#incoming(record, at, index, sourceId);
    if (Array.isArray(row)) return row;
    let isHeld = false;
    this.#underWay.add(receipt);
    try {
      await this.#exclusive(() =>
        store.store(store.sealed([row]), receipt, (changed, held) => {
          isHeld = changed.size === 0 && held.size > 0;
          return [taken([row], [entry])];
        }),
      );
      const mapped = await this.#mapOne({ key: row.key, entry }, arrival, receipt);
      if (isHeld) return 'held';
      if (row.part === source.root) return mapped ?? 'unchanged';
      const { changed, held } = await store.others(receipt, 0);
      return held > 0 ? 'held' : changed > 0 ? 'accepted' : 'unchanged';
    } finally {
      this.#underWay.delete(receipt);
    }
  }

  /** What became of a root that another maps: a submission that waits will, or one under way has. */
  async #withoutUs(entry: string): Promise<Outcome> {
    return (await this.parts.refusals.isOpen(entry)) ? 'quarantined' : 'unchanged';
  }

  /** Maps what is marked; the outcome of the root that is asked for, null if it was not among that. */
  async #mapOne(again: Again, arrival: Arrival, receipt: string): Promise<Outcome | null> {
    let found: Outcome | null = null;
    await this.#mapMarked(arrival, receipt, () => [], {
      again,
      each: (root, outcome) => {
        if (root.key.equals(again.key)) found = outcome;
      },
    });
    return found;
  }

  async #storeRows(
    source: AnySource,
    body: AsyncIterable<Uint8Array>,
    arrival: Arrival,
    {
      skip,
      receipt,
      onUnit,
      units,
    }: { skip: number; receipt: string; onUnit: OnUnit; units: { n: number } },
  ): Promise<void> {
    let unit = emptyPart();
    let seen = 0;
    let storing: Promise<unknown> = Promise.resolve();
    const warnings: Fault[] = [];
    const notice = (found: Fault) => void warnings.push(found);
    const input = { ...inputOf(body, arrival, this.parts.environment), notice };
    for await (const item of itemsOf<PartRow<unknown>>(source, input)) {
      if (seen++ % SLICE === 0) await turn();
      if (seen <= skip) continue;
      this.#add(unit, item, arrival);
      if (unit.stored < UNIT_ITEMS) continue;
      // Reading and sealing the next rows overlaps the commit of these.
      const [full, n] = [await this.#sealed(unit), units.n++];
      await storing;
      const told = warnings.splice(0);
      storing = this.#exclusive(() => this.#storeUnit(full, receipt, n, told, onUnit));
      storing.catch(() => undefined);
      unit = emptyPart();
    }
    await storing;
    if (unit.stored > 0 || warnings.length > 0) {
      const n = units.n++;
      const last = await this.#sealed(unit);
      await this.#exclusive(() => this.#storeUnit(last, receipt, n, warnings, onUnit));
    }
  }

  async #sealed({ rows, ...unit }: Part): Promise<SealedPart> {
    const all = [...rows.values()];
    const sealed: WrittenRow[] = [];
    for (let at = 0; at < all.length; at += SLICE) {
      await turn();
      sealed.push(...this.parts.store.sealed(all.slice(at, at + SLICE)));
    }
    return { ...unit, rows: sealed };
  }

  #add(unit: Part, item: SourceItem<PartRow<unknown>>, arrival: Arrival): void {
    unit.stored += 1;
    if (item.outcome !== undefined) {
      const joinedRow = item.row && this.#rowMeant(item.row);
      unit.refused.push({
        ...this.parts.preparer.prepare(item, arrival),
        // The entry of a row that is known is found by that (`refusals`).
        ...(joinedRow && { joinedRow, landing: null }),
      });
      return;
    }
    const incoming = this.#incoming(item.record, item.at, item.index, shownIdOf(item));
    if (Array.isArray(incoming)) {
      const refused = {
        ...item,
        record: undefined,
        outcome: 'quarantined' as const,
        errors: incoming,
      };
      unit.refused.push(this.parts.preparer.prepare(refused, arrival));
      return;
    }
    const name = incoming.key.toString('hex');
    const earlier = unit.rows.get(name);
    // The same row twice in one breath: as in the store the one of the later return counts, of one return the last.
    const isOutdated = earlier !== undefined && isOlder(incoming.at, earlier.at);
    if (earlier) unit.outcomes.push(outcomeOf(isOutdated ? incoming : earlier, 'unchanged'));
    if (earlier && earlier.at !== null && earlier.at === incoming.at)
      unit.passed.push({ key: earlier.key, digest: digestOf(earlier.row), at: earlier.at });
    if (!isOutdated) unit.rows.set(name, incoming);
  }

  #incoming(
    { part, row }: PartRow<unknown>,
    at: string | null,
    item: number,
    sourceId: string | null,
  ): IncomingRow | Fault[] {
    const { source } = this.parts;
    const definition = source.parts[part];
    const key = definition?.key(row);
    if (!definition || !key) return [fault('partKeyMissing', `/${part}`)];
    const parentKey = definition.parent?.key(row) ?? null;
    const parent =
      definition.parent && parentKey
        ? partKey(source.name, definition.parent.part, parentKey)
        : null;
    const own = this.#rowMeant({ part, key, at });
    return { part, ...own, parent, item, sourceId, row };
  }

  #rowMeant({ part, key, at }: NonNullable<UnreadItem['row']>): { key: Buffer; at: number | null } {
    const time = at === null ? null : Date.parse(at);
    return { key: partKey(this.parts.source.name, part, key), at: time };
  }

  async #storeUnit(
    unit: SealedPart,
    receipt: string,
    n: number,
    warnings: Fault[],
    onUnit: OnUnit,
  ): Promise<void> {
    const { store, committer, refusals } = this.parts;
    const { rows, passed } = unit;
    const items = await refusals.ofRows(unit.refused);
    const refused = items.length > 0 ? await committer.commit({ items }) : [];
    const refusedSince = laterThan(rows, items, refused);
    const told = (changed: ReadonlySet<string>, held: ReadonlySet<string>) => {
      const outcomes = [...refused, ...unit.outcomes];
      for (const row of rows) {
        const name = row.key.toString('hex');
        // What changed is settled at the end, when all parts of the submission are there.
        if (!changed.has(name))
          outcomes.push(outcomeOf(row, held.has(name) ? 'held' : 'unchanged'));
      }
      return [
        ...(rows.length > 0 ? [taken(rows, refusedSince)] : []),
        ...onUnit(n, { stored: unit.stored, outcomes, warnings }, false),
      ];
    };
    await store.store(rows, receipt, told, passed);
  }

  /** Maps marked roots until none is left; answers in how many batches. */
  async #mapMarked(
    arrival: Arrival,
    receipt: string,
    also: (n: number, outcomes: ItemOutcome[]) => Statement[],
    { again, each = () => undefined }: Asked = {},
  ): Promise<number> {
    let after = FIRST;
    let batches = 0;
    const chain: Chain = { broken: null };
    const others = () => [...this.#underWay].filter((one) => one !== receipt);
    for (let more = true; more;) {
      more = await this.#exclusive(async () => {
        let done = 0;
        let roots = await this.parts.store.marked(after, others(), receipt);
        const committing: Promise<unknown>[] = [];
        try {
          while (roots.length > 0 && done < TURN_ROOTS) {
            const batch = roots;
            after = batch[batch.length - 1]!.mark;
            const n = batches++;
            const told = (outcomes: ItemOutcome[]) => also(n, outcomes);
            // The next roots are read, opened and mapped while these are decided, and those before them written.
            const mapped = await this.#mapped(batch, arrival, again);
            if (committing.length === 2) await committing.shift();
            const commit = this.#commitRoots(mapped, { receipt, chain }, told, each);
            commit.catch(() => undefined);
            committing.push(commit);
            roots = await this.parts.store.marked(after, others(), receipt);
            done += batch.length;
          }
        } finally {
          // Also when the next cannot be read: the turn is not over while something of it is written.
          await Promise.allSettled(committing);
        }
        await Promise.all(committing);
        return roots.length > 0;
      });
    }
    return batches;
  }

  async #mapped(roots: readonly MarkedRoot[], arrival: Arrival, again?: Again): Promise<Mapped> {
    const whole = roots.filter(({ joined }) => joined !== null);
    const items = whole.map((root) => {
      const prepared = this.#prepare(root, arrival);
      return again?.key.equals(root.key) ? { ...prepared, entry: again.entry } : prepared;
    });
    // Good roots, which are nearly all, wait for nothing.
    if (items.every(({ refusal }) => refusal === null)) return { roots, whole, items };
    return { roots, whole, items: await this.parts.refusals.ofRoots(items) };
  }

  async #commitRoots(
    { roots, whole, items }: Mapped,
    { receipt, chain }: { receipt: string; chain: Chain },
    also: (outcomes: ItemOutcome[]) => Statement[],
    each: (root: MarkedRoot, outcome: Outcome) => void,
  ): Promise<void> {
    const held = roots.filter(({ joined }) => joined === null);
    const mine = (root: MarkedRoot) => root.receipt === receipt;
    const settled: [MarkedRoot, ItemOutcome][] = [];
    await this.parts.committer.commit({
      items,
      chain,
      also: (outcomes) => {
        settled.length = 0;
        for (const [i, root] of whole.entries())
          settled.push([root, { ...outcomes[i]!, index: root.item }]);
        for (const root of held) settled.push([root, heldOutcome(root)]);
        const own = settled.filter(([root]) => mine(root)).map(([, outcome]) => outcome);
        // What came itself is as young as what it made of its record.
        const renewed = settled
          .filter(([root, { outcome }]) => outcome === 'accepted' && !mine(root))
          .map(([root]) => root);
        const unmoved = whole.flatMap((root, i) =>
          mine(root) && outcomes[i]!.outcome === 'unchanged' ? recordsOf(root, items[i]!) : [],
        );
        return [
          ...this.parts.store.unmark(roots),
          ...this.parts.store.renew(renewed),
          ...this.parts.store.asOldAsRecords(unmoved),
          ...resolved(settled),
          ...also(own),
        ];
      },
    });
    for (const [root, { outcome }] of settled)
      each(root, outcome === 'refused' ? 'quarantined' : outcome);
  }

  #prepare(root: MarkedRoot, arrival: Arrival): Prepared {
    const mapped = this.parts.preparer.map(root.joined, arrival.traceparent);
    for (const change of mapped.changes) change.inOrder = true;
    return {
      index: root.item,
      sourceId: mapped.refusal
        ? shownRootId(this.parts.source, root)
        : shownIdOf({ ...root, index: root.item }, mapped.changes),
      publisherOds: null,
      raw: Buffer.from(JSON.stringify(root.row)),
      preamble: '',
      part: this.parts.source.root,
      arrival,
      landing: null,
      joinedRoot: root.key,
      ...mapped,
    };
  }

  async #finish(receipt: string, onUnit: OnUnit, units: { n: number }): Promise<void> {
    const { changed, held, items } = await this.parts.store.others(receipt, SHOWN);
    const shown = items.map(({ item, sourceId, held: isHeld }) =>
      outcomeOf({ item, sourceId }, isHeld ? 'held' : 'accepted'),
    );
    const shownHeld = items.filter((one) => one.held).length;
    const counted = {
      held: held - shownHeld,
      accepted: changed - held - (items.length - shownHeld),
    };
    await this.parts.committer.commit({
      items: [],
      also: () => onUnit(units.n, { stored: 0, outcomes: shown, counted, complete: true }, true),
    });
  }

  /**
   * Storing and mapping take turns, so that a root is never mapped from half of a change. What was remembered of the
   * store is from before another process had its turn.
   */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const alone = () =>
      this.parts.lock.exclusively(() => {
        this.parts.store.forget();
        return work();
      });
    const next = this.#turn.then(alone, alone);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}

const emptyPart = (): Part => ({
  rows: new Map(),
  outcomes: [],
  refused: [],
  passed: [],
  stored: 0,
});

const outcomeOf = (
  { item, sourceId }: Pick<IncomingRow, 'item' | 'sourceId'>,
  outcome: Outcome,
): ItemOutcome => ({
  index: item,
  sourceId,
  outcome,
  errors: outcome === 'held' ? [fault('ancestorMissing', '/')] : [],
});

const recordsOf = (root: MarkedRoot, { changes }: Prepared) =>
  changes.flatMap((change) => ('record' in change ? [{ root, record: change.record }] : []));

const heldOutcome = (root: MarkedRoot): ItemOutcome => outcomeOf(root, 'held');
