import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** A record to be relayed: where to, whose, and its bytes. */
export type OutboxRow = { route: number; hash: number; body: Buffer };

/** The route of a row that holds several records, each with its own; routes are numbered from 1. */
const SEVERAL = 0;
/** The same, compressed. */
const COMPRESSED = -1;
/**
 * Bytes of records in one row. A row of the outbox costs the database the same whether it holds one record or ten, and
 * stays in a page of 8 KiB, whole, as long as it is no larger (`toast_tuple_target` of the table's partitions).
 */
const MOST_BYTES = 7_900;
/**
 * Bytes of records that are compressed together, where more than a page comes at once. What one publisher's records repeat
 * (header names, types, times) makes them a fourth to a tenth, and so a page again; a byte not written is one less in
 * the log of the database, which whoever commits next waits for. 1.4 to 2.6 microseconds a kB to write, 1.3 to 2.9 to read; the
 * same for a page alone would be 4, more than it spares.
 */
const MOST_BYTES_COMPRESSED = 24_000;
const ENTRY_BYTES = 10;
const QUICK = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 16 },
};

/** Consecutive records as few rows, in their order. A record that is alone, or too large to share, is a row as it is. */
export function packed(records: readonly OutboxRow[]): OutboxRow[] {
  const all = records.reduce((sum, { body }) => sum + ENTRY_BYTES + body.length, 0);
  const most = all > MOST_BYTES ? MOST_BYTES_COMPRESSED : MOST_BYTES;
  const rows: OutboxRow[] = [];
  let from = 0;
  let bytes = 0;
  for (const [at, { body }] of records.entries()) {
    const entry = ENTRY_BYTES + body.length;
    if (at > from && bytes + entry > most) {
      rows.push(rowOf(records.slice(from, at), bytes));
      [from, bytes] = [at, 0];
    }
    bytes += entry;
  }
  if (records.length > from) rows.push(rowOf(records.slice(from), bytes));
  return rows;
}

function rowOf(records: readonly OutboxRow[], bytes: number): OutboxRow {
  if (records.length === 1) return records[0]!;
  const body = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const record of records) {
    at = body.writeInt16BE(record.route, at);
    at = body.writeInt32BE(record.hash, at);
    at = body.writeInt32BE(record.body.length, at);
    body.set(record.body, at);
    at += record.body.length;
  }
  return bytes > MOST_BYTES
    ? { route: COMPRESSED, hash: 0, body: brotliCompressSync(body, QUICK) }
    : { route: SEVERAL, hash: 0, body };
}

/** The records of a row, in their order. */
export function* unpacked(row: OutboxRow): Generator<OutboxRow> {
  if (row.route !== SEVERAL && row.route !== COMPRESSED) {
    yield row;
    return;
  }
  const all = row.route === SEVERAL ? row.body : brotliDecompressSync(row.body);
  for (let at = 0; at < all.length;) {
    const route = all.readInt16BE(at);
    const hash = all.readInt32BE(at + 2);
    const from = at + ENTRY_BYTES;
    at = from + all.readInt32BE(at + 6);
    yield { route, hash, body: all.subarray(from, at) };
  }
}
