import type { Stored } from '../stories/reader.js';
import type { Held, PublishersOwn } from './edition.js';
import type { Originals, Told } from './originals.js';
import { textsOf } from './paths.js';
import { TextSearch } from './text-search.js';

/** Shorter ones stand in any record by chance; see README. */
const SHORTEST_TEXT = 6;

/** A pseudonym, key or id of a view. Among millions of their letters six stand together by chance that are somebody's `tablet`. */
const NAME_OF_A_VIEW = /(?<![a-z2-7])[a-z2-7]{26}(?![a-z2-7])/g;
/** How many texts that have no business there are shown as they are: nobody real is behind them. */
const SHOWN = 5;

/** What was looked at, and what was found there: nothing, or how much of each kind. */
export type Scanned = {
  place: string;
  records: number;
  bytes: number;
  alive: number;
  found: Told & { 'ungranted text'?: number; 'publisher’s key or id'?: number };
  /** The first of the ungranted texts that were found. */
  texts: string[];
};

/**
 * Looks through every byte of a view, and through every text in it, for what its recipient was not granted. Of the edition
 * itself, as a view without a single path, it shows that the search finds what is there.
 */
export function scan(place: string, held: Held, own: PublishersOwn, originals: Originals): Scanned {
  const bytes = bytesOf(held.records);
  const words = held.values.flatMap((value) => [...textsOf(value)].map(([, text]) => text));
  const names = originals.namesIn(words.join('\n'));
  const nameless = Buffer.from(bytes.toString('latin1').replace(NAME_OF_A_VIEW, ''), 'latin1');
  const texts = [...ungranted(own, held.paths).foundIn(nameless)];
  const found = {
    ...originals.inRecord(bytes),
    name: names,
    'ungranted text': texts.length,
    'publisher’s key or id': own.joins.foundIn(bytes).size,
  };
  return {
    ...{ place, records: held.records.length, bytes: bytes.length, alive: held.alive },
    found: Object.fromEntries(Object.entries(found).filter(([, count]) => count > 0)),
    texts: texts.slice(0, SHOWN),
  };
}

/** Keys, values and headers, each ended by a byte that is in no text. */
function bytesOf(records: readonly Stored[]): Buffer {
  const end = Buffer.from([0xff]);
  return Buffer.concat(
    records.flatMap(({ key, value, headers }) => [
      ...[Buffer.from(key), end, value ?? end, end],
      ...Object.entries(headers).flatMap(([name, text]) => [Buffer.from(`${name} ${text}`), end]),
    ]),
  );
}

/** The texts of fields that a view does not have; what its own fields or the product's name say as well is no secret of it. */
function ungranted({ product, texts }: PublishersOwn, granted: ReadonlySet<string>): TextSearch {
  const all = [...texts];
  const told = all.flatMap(([path, some]) => (granted.has(path) ? [...some] : []));
  const candidates = all
    .filter(([path]) => !granted.has(path))
    .flatMap(([, some]) => [...some])
    .filter((text) => Buffer.byteLength(text) >= SHORTEST_TEXT);
  const said = Buffer.from([product, ...told].join('\n'));
  const known = new TextSearch(candidates).foundIn(said);
  return new TextSearch(candidates.filter((text) => !known.has(text)));
}
