import type { AnySource } from '../define/domain.js';
import type { ItemOutcome, Outcome, ReadItem, SourceItem } from '../define/source.js';
import { IntakeRefused } from '../errors.js';
import type { Fault } from '../errors.js';
import type { Committer } from '../intake/committer.js';
import { newId, newTraceparent } from '../intake/ids.js';
import type { Preparer } from '../intake/prepare.js';
import type { Mode } from '../person/nhs-number.js';
import type { KeyedChange } from '../state/model.js';
import type { QuarantineItem, QuarantineQuery, QuarantineStore, Replayable } from './store.js';

/**
 * What a replay came to: items taken in again, of which so many were published and so many refused anew. `held`, where there are any:
 * rows of a joined source that were read and wait for what they belong to. What is left of them said nothing new.
 */
export type ReplayResult = { replayed: number; published: number; refused: number; held?: number };
type Came = 'published' | 'refused' | 'held' | 'unchanged';

/** What a replay asks of a joined source, whose rows make sense only together. */
type JoinedAgain = {
  /** A refused root is joined and mapped again, by its key. */
  remap(root: Buffer, entry: string): Promise<Outcome>;
  /** A row that can be read now is stored, and what it concerns is mapped: its outcome, or why it cannot be taken. */
  take(item: ReadItem<unknown>, entry: string): Promise<Outcome | Fault[]>;
};

type Parts = {
  store: QuarantineStore;
  sources: readonly AnySource[];
  preparer: Preparer;
  committer: Committer;
  environment: Mode;
  joined?: JoinedAgain;
};

/**
 * Takes quarantined items in again, oldest first, through the same reading, mapping and checks as they are
 * now. What passes is published and its entry closed; what fails again stays open under its first entry, for the
 * reason it has now.
 */
export class Replayer {
  constructor(private readonly parts: Parts) {}

  async replay(source: string, query: QuarantineQuery): Promise<ReplayResult> {
    const result = { replayed: 0, published: 0, refused: 0 };
    let held = 0;
    for await (const replayable of this.parts.store.replayable({ ...query, source })) {
      result.replayed += 1;
      const came = await this.#again(replayable);
      if (came === 'held') held += 1;
      else if (came !== 'unchanged') result[came] += 1;
    }
    return held > 0 ? { ...result, held } : result;
  }

  async #again(replayable: Replayable): Promise<Came> {
    const { joined } = this.parts;
    const { id } = replayable.item;
    if (joined && replayable.landing && replayable.item.step !== 'read') {
      const outcome = await joined.remap(replayable.landing, id);
      // A root that is fine resolves its entries itself; the one asked for counts as replayed.
      if (outcome === 'quarantined' || outcome === 'held') return 'refused';
      return this.#settled(id, [outcome]);
    }
    const items = await this.#read(replayable).catch((error: unknown) => {
      if (error instanceof IntakeRefused) return error.fault;
      throw error;
    });
    if (!Array.isArray(items)) return this.#refused(id, 'read', [items]);
    if (joined) return this.#rowAgain(joined, items, replayable);
    const arrival = {
      source: replayable.item.source,
      contentType: replayable.contentType,
      traceparent: newTraceparent(),
      receipt: newId(),
    };
    const prepared = items.map((item) => {
      const again = this.parts.preparer.prepare(alone(item, replayable.item), arrival);
      const receivedAt = Date.parse(replayable.item.receivedAt);
      const changes = again.changes
        .filter((change) => !isLateLift(change))
        .map((change) => ({ ...change, receivedAt }));
      // It was landed when it was refused; landing it again would answer as then. Refused anew by what is held, it stays this entry.
      return { ...again, changes, landing: null, entry: id };
    });
    const refusal = prepared.find((one) => one.refusal !== null)?.refusal;
    if (refusal) return this.#refused(id, refusal.step, refusal.errors);
    if (prepared.length === 0) return 'refused';
    const outcomes = await this.parts.committer.commit({ items: prepared });
    return outcomes.some(isRefused)
      ? 'refused'
      : this.#settled(
          id,
          outcomes.map(({ outcome }) => outcome),
        );
  }

  /** A row alone says nothing that could be mapped: it goes where it would have gone when it came. */
  async #rowAgain(
    joined: JoinedAgain,
    items: readonly SourceItem<unknown>[],
    { item }: Replayable,
  ): Promise<Came> {
    const [read] = items;
    if (!read) return 'refused';
    if (read.outcome !== undefined)
      return this.#refused(item.id, 'read', whereItStood(read.errors, read.place, item));
    const came = await joined.take({ ...read, sourceId: item.sourceId }, item.id);
    if (Array.isArray(came)) return this.#refused(item.id, 'read', came);
    // Refused for what it is joined to: the entry says so now.
    if (came === 'quarantined') return 'refused';
    const settled = await this.#settled(item.id, [came]);
    return came === 'held' ? 'held' : settled;
  }

  async #settled(id: string, outcomes: readonly ItemOutcome['outcome'][]): Promise<Came> {
    if (!(await this.parts.store.settle(id, 'replay'))) return 'refused';
    return outcomes.some((one) => one === 'accepted' || one === 'retracted')
      ? 'published'
      : 'unchanged';
  }

  async #refused(id: string, step: string, errors: readonly Fault[]): Promise<Came> {
    await this.parts.store.refusedAgain(id, step, errors);
    return 'refused';
  }

  async #read({ item, payload, contentType, part }: Replayable): Promise<SourceItem<unknown>[]> {
    const source = this.parts.sources.find(({ name }) => name === item.source);
    if (!source) return [];
    const body = () => bytes(payload);
    const multipart = contentType.startsWith('multipart/');
    const type = contentType.split(';')[0]!.trim().toLowerCase();
    const input = {
      contentType: type,
      environment: this.parts.environment,
      body: body(),
      ...(multipart && { parts: onePart(part ?? '', body()) }),
    };
    const items: SourceItem<unknown>[] = [];
    for await (const read of source.read(input)) items.push(read as SourceItem<unknown>);
    return items;
  }
}

/** Alone it stands on another line than in the file it came in: where it was called by its line, that is where it stood. */
function alone(
  { place, ...item }: SourceItem<unknown>,
  entry: Pick<QuarantineItem, 'sourceId'>,
): SourceItem<unknown> {
  return item.outcome === undefined
    ? item
    : { ...item, errors: whereItStood(item.errors, place, entry) };
}

const whereItStood = (
  errors: readonly Fault[],
  place: string | undefined,
  { sourceId }: Pick<QuarantineItem, 'sourceId'>,
): Fault[] =>
  errors.map((one) => ({ ...one, path: one.path === place ? (sourceId ?? '/') : one.path }));
/** Somebody's restriction lifted, as of the item's receipt: it was when that came, and must not undo what came between. */
const isLateLift = (change: KeyedChange): boolean =>
  change.change === 'restriction' && !change.restricted && change.at === null;

const isRefused = ({ outcome }: ItemOutcome): boolean =>
  outcome === 'quarantined' || outcome === 'refused';

async function* bytes(payload: Buffer): AsyncGenerator<Uint8Array> {
  yield payload;
}

async function* onePart(name: string, body: AsyncIterable<Uint8Array>) {
  yield { name, contentType: 'text/csv', body };
}
