import type { AnySource } from '../define/domain.js';
import type { ItemOutcome, SourceItem } from '../define/source.js';
import { IntakeRefused } from '../errors.js';
import type { Committer } from '../intake/committer.js';
import { newId, newTraceparent } from '../intake/ids.js';
import type { Preparer } from '../intake/prepare.js';
import type { Mode } from '../person/nhs-number.js';
import type { KeyedChange } from '../state/model.js';
import type { QuarantineItem, QuarantineQuery, QuarantineStore, Replayable } from './store.js';

/** What a replay came to: items taken in again, of which so many were published and so many refused anew. */
export type ReplayResult = { replayed: number; published: number; refused: number };

type Parts = {
  store: QuarantineStore;
  sources: readonly AnySource[];
  preparer: Preparer;
  committer: Committer;
  environment: Mode;
  /** Set for a joined source: a refused root is joined and mapped again, by its key. */
  remap?: (root: Buffer) => Promise<string>;
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
    for (const replayable of await this.parts.store.replayable({ ...query, source })) {
      result.replayed += 1;
      if (await this.#again(replayable)) result.published += 1;
      else result.refused += 1;
    }
    return result;
  }

  async #again(replayable: Replayable): Promise<boolean> {
    const { remap, store } = this.parts;
    if (remap && replayable.landing && replayable.item.step !== 'read') {
      const outcome = await remap(replayable.landing);
      // A root that is fine resolves its entries itself; the one asked for counts as replayed.
      return (
        outcome !== 'quarantined' &&
        outcome !== 'held' &&
        store.settle(replayable.item.id, 'replay')
      );
    }
    const { id } = replayable.item;
    const items = await this.#read(replayable).catch((error: unknown) => {
      if (error instanceof IntakeRefused) return error.fault;
      throw error;
    });
    if (!Array.isArray(items)) return store.refusedAgain(id, 'read', [items]);
    const arrival = {
      source: replayable.item.source,
      contentType: replayable.contentType,
      traceparent: newTraceparent(),
      receipt: newId(),
    };
    const prepared = items.map((item) => {
      const again = this.parts.preparer.prepare(alone(item, replayable.item), arrival);
      const changes = again.changes.filter((change) => !isLateLift(change));
      // It was landed when it was refused; landing it again would answer as then.
      return { ...again, changes, landing: null };
    });
    const refusal = prepared.find((one) => one.refusal !== null)?.refusal;
    if (refusal) return store.refusedAgain(id, refusal.step, refusal.errors);
    if (prepared.length === 0) return false;
    const outcomes = await this.parts.committer.commit({ items: prepared });
    if (outcomes.some(isRefused)) return false;
    return store.settle(id, 'replay');
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
  { sourceId }: Pick<QuarantineItem, 'sourceId'>,
): SourceItem<unknown> {
  if (item.outcome === undefined) return item;
  const whence = (path: string) => (path === place ? (sourceId ?? '/') : path);
  return { ...item, errors: item.errors.map((one) => ({ ...one, path: whence(one.path) })) };
}

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
