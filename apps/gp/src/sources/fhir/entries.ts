import { fault, IntakeRefused, isFault, type Fault } from '@caremesh/product';
import { EntryCutter, type Outline, type Slice } from './entry-cutter.js';
import { isBottomless, parseJson, wrongStart } from './text.js';
import { isOtherVersion } from './version.js';

/** One resource of a submission, or what stands where one should. */
export type Entry = (
  | {
      value: unknown;
      fullUrl?: string;
      /** When its server last changed it, by the entry around it. */
      lastModified?: string;
      /** Set for an entry that states no resource, whatever stands in it: what it asks for instead. */
      asks?: 'delete' | 'read';
      /** Set for an entry that brings no resource, as it may: what it is instead. */
      without?: 'request' | 'response';
      /** The Bundle around it says that it is of another FHIR version. */
      otherVersion?: boolean;
      unread?: undefined;
    }
  | { unread: Fault; raw: Buffer }
) & {
  /** Which Bundle of a file of several. */
  bundle?: number;
  /** True if more of the same Bundle is at hand: what refers to it is not decided before all is known. */
  more?: boolean;
  /** By how much its position in the submission differs from the order in which entries are given out. */
  shift?: number;
  /** Length of its text, where it is of a submission too large to be read at once. */
  size?: number;
};

/** Bundles up to this size are parsed at once; larger ones entry by entry in flat memory. */
const AT_ONCE_MAX = 8 * 1024 * 1024;
/** Longest line of a file of resources. */
const LINE_MAX = 8 * 1024 * 1024;
/** Unreadable lines that may stand before the first readable one. */
const HELD_MAX = 1000;
/** Bundles within Bundles that are looked into: a search for prescriptions answers with one for each. */
const BUNDLES_DEEP = 8;
const LF = 10;

/** The resources of a JSON body: each entry of a Bundle of any type, or the one resource it is. */
export async function* entriesOfJson(body: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const iterator = body[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    pieces.push(next.value);
    size += next.value.length;
    if (size > AT_ONCE_MAX) return yield* streamed(Buffer.concat(pieces), iterator);
  }
  const bytes = Buffer.concat(pieces);
  if (bytes.every((byte) => byte <= 0x20)) throw new IntakeRefused(fault('bodyEmpty', ''));
  if (isBottomless(bytes)) return yield* streamed(bytes, iterator);
  const parsed = parseJson(bytes);
  if ('value' in parsed) return yield* entriesOf(parsed.value, new Within());
  // Read on its own, each entry says whether it is the one; the others go on.
  if (isFault(parsed, 'jsonNameTwice')) return yield* streamed(bytes, iterator);
  throw new IntakeRefused(parsed);
}

/**
 * The resources of a file with one JSON value per line. A bad line harms no other; lines that cannot be read are
 * held back until one can, for a file of which nothing can be read is refused as a whole.
 */
export async function* entriesOfLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  let readable = false;
  const held: Entry[] = [];
  let first: Fault | null = null;
  for await (const entry of entriesByLine(body)) {
    first ??= entry.unread ?? null;
    readable ||= !entry.unread;
    held.push(entry);
    if (readable || held.length > HELD_MAX) yield* held.splice(0);
  }
  const nothing = !readable && (held.length > 0 || first === null);
  if (nothing) throw new IntakeRefused(first ?? fault('bodyEmpty', ''));
}

async function* entriesByLine(body: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const within = new Within();
  let number = 0;
  for await (const { bytes, tooLong } of linesOf(body)) {
    number++;
    if (bytes.every((byte) => byte <= 0x20)) continue;
    const path = `line ${number}`;
    const parsed = tooLong ? fault('itemTooLarge', path) : parseJson(bytes, path);
    const size = bytes.length;
    if ('value' in parsed) yield* entriesOf(parsed.value, within, { bundle: number, size });
    else yield { unread: parsed, raw: bytes };
  }
}

/** Numbers of Bundles that stand in others, apart from those of lines. */
class Within {
  private last = 0;

  next(): number {
    return --this.last;
  }
}
/** Which Bundle of a file it is, how long, how deep within others, and whether one around it is of another FHIR version. */
type Around = { bundle?: number; size?: number; depth?: number; otherVersion?: boolean };

/** The one resource, or each entry of a Bundle; of a Bundle that stands in it each entry too, as of a Bundle of its own. */
function* entriesOf(value: unknown, within: Within, around: Around = {}): Generator<Entry> {
  const { bundle, size = 0, depth = 0 } = around;
  if (!isBundle(value)) return yield { value, size };
  const entries: unknown = value['entry'] ?? [];
  if (!Array.isArray(entries))
    return yield {
      unread: fault('fhirElementInvalid', '/entry', 'it is no list'),
      raw: Buffer.from(JSON.stringify(value)),
    };
  if (depth > BUNDLES_DEEP) {
    // Who stands in it is not kept: names and addresses are never landed.
    const raw = Buffer.from(JSON.stringify({ resourceType: 'Bundle', id: value['id'] }));
    return yield { unread: fault('nestingTooDeep', '/entry'), raw };
  }
  const otherVersion = around.otherVersion || isOtherVersion('Bundle', value);
  // A history tells the newest first (FHIR R4, http.html#history): what was said last has to be heard last.
  const isHistory = value['type'] === 'history';
  const read = entries.map(entryOf);
  const isFlat = !read.some(isOfBundle);
  const last = entries.length - 1;
  for (let nth = 0; nth <= last; nth++) {
    const at = isHistory ? last - nth : nth;
    const entry = read[at]!;
    if (isOfBundle(entry)) {
      yield* entriesOf(entry.value, within, {
        bundle: within.next(),
        depth: depth + 1,
        otherVersion,
      });
      continue;
    }
    yield {
      ...entry,
      otherVersion,
      ...(bundle !== undefined && { bundle }),
      more: nth < last,
      shift: isFlat ? at - nth : 0,
    };
  }
}

function entryOf(entry: unknown): Exclude<Entry, { unread: Fault }> {
  if (!isObject(entry)) return { value: entry };
  const { fullUrl, resource, response } = entry;
  const { lastModified } = isObject(response) ? response : {};
  const without = insteadOf(entry);
  const asks = without ? undefined : askedBy(entry);
  return {
    value: without ? undefined : resource,
    ...(typeof fullUrl === 'string' ? { fullUrl } : {}),
    ...(typeof lastModified === 'string' ? { lastModified } : {}),
    ...(asks ? { asks } : {}),
    ...(without ? { without } : {}),
  };
}

/**
 * What an entry is that brings no resource: the outcome of another request, or a request to read (bdl-5). Nothing came of a
 * request that failed, so what stands beside its status is no resource of the server.
 */
function insteadOf(entry: Record<string, unknown>): 'request' | 'response' | undefined {
  const { resource, response } = entry;
  const asks = askedBy(entry);
  if (asks === 'delete') return undefined;
  if (isObject(response))
    return resource === undefined || isFailure(response['status']) ? 'response' : undefined;
  return asks === 'read' && resource === undefined ? 'request' : undefined;
}

/** What the request of an entry asks for instead of stating a resource. One to read that has been answered states what was read. */
function askedBy({ request, response }: Record<string, unknown>): 'delete' | 'read' | undefined {
  const method = isObject(request) ? request['method'] : undefined;
  if (method === 'DELETE') return 'delete';
  return (method === 'GET' || method === 'HEAD') && !isObject(response) ? 'read' : undefined;
}

/** An HTTP status of 4xx or 5xx, with or without its words. */
const isFailure = (status: unknown): boolean =>
  (typeof status === 'string' || typeof status === 'number') && /^[45]\d\d\b/.test(`${status}`);

const isBundle = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && value['resourceType'] === 'Bundle';

/** An entry in which a Bundle stands to be read. */
const isOfBundle = (
  entry: Entry,
): entry is Exclude<Entry, { unread: Fault }> & { value: Record<string, unknown> } =>
  !entry.unread && !entry.asks && isBundle(entry.value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A large Bundle, entry by entry. Of another kind of resource as large, or of a text that is no JSON around its entries,
 * nothing can be read; what came before the fault has been given out already.
 */
async function* streamed(start: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Entry> {
  const wrong = wrongStart(start);
  if (wrong) throw new IntakeRefused(wrong);
  const cutter = new EntryCutter(LINE_MAX);
  const within = new Within();
  let given = 0;
  for (let chunk: Buffer | null = start; chunk; chunk = await nextOf(rest))
    for (const slice of cutter.push(chunk)) yield* looked(entryIn(slice, given++), within);
  const { rest: last, outline } = cutter.end();
  const cut = last && entryIn(last, given++);
  if (cut) yield* looked(cut, within);
  const broken = faultOfOutline(outline);
  if (broken && given === 0) throw new IntakeRefused(broken);
  // An entry cut short has said already where the text breaks off.
  if (broken && !cut?.unread) yield { unread: broken, raw: Buffer.alloc(0) };
}

async function nextOf(rest: AsyncIterator<Uint8Array>): Promise<Buffer | null> {
  const next = await rest.next();
  return next.done ? null : Buffer.from(next.value);
}

function entryIn({ bytes, tooLong }: Slice, position: number): Entry {
  const path = `/entry/${position}`;
  const parsed = tooLong ? fault('itemTooLarge', path) : parseJson(bytes, path);
  const size = bytes.length;
  return 'value' in parsed ? { ...entryOf(parsed.value), size } : { unread: parsed, raw: bytes };
}

/** Why what stands around the entries makes no Bundle of FHIR R4; null if it does. */
function faultOfOutline({ bytes, whole }: Outline): Fault | null {
  if (!whole) return fault('itemTooLarge', '');
  const parsed = parseJson(bytes);
  if (!('value' in parsed)) return parsed;
  return isObject(parsed.value) && parsed.value['resourceType'] === 'Bundle'
    ? null
    : fault('itemTooLarge', '');
}

/** An entry cut from a large Bundle, or what stands in it if it is a Bundle. */
function* looked(entry: Entry, within: Within): Generator<Entry> {
  if (!isOfBundle(entry)) return yield entry;
  yield* entriesOf(entry.value, within, { bundle: within.next(), depth: 1 });
}

async function* linesOf(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ bytes: Buffer; tooLong: boolean }> {
  let held: Buffer = Buffer.alloc(0);
  let tooLong = false;
  for await (const chunk of body) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    let start = 0;
    for (let end = held.indexOf(LF); end >= 0; end = held.indexOf(LF, start)) {
      yield { bytes: held.subarray(start, end), tooLong };
      tooLong = false;
      start = end + 1;
    }
    held = held.subarray(start);
    if (held.length > LINE_MAX) {
      held = Buffer.from(held.subarray(0, 1024));
      tooLong = true;
    }
  }
  if (held.length > 0) yield { bytes: held, tooLong };
}
