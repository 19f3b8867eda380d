import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** A record to be relayed: where to, whose, and its bytes. */
export type OutboxRow = { route: number; hash: number; body: Buffer };

/** The route of a row that holds several records, each with its own; routes are numbered from 1. */
const SEVERAL = 0;
/** The same, compressed (Zstandard, RFC 8878). */
const COMPRESSED = -1;
/**
 * Bytes of records that are compressed together. A row of the outbox costs the database the same whether it holds one record or
 * fifty, and stays in a page of 8 KiB, whole, as long as it is no larger than 8,160 bytes (`toast_tuple_target` of the table's partitions):
 * of views 28,000 bytes become 5,500 (ADR 031). Most of a record says what the one before it said.
 */
const MOST_BYTES = 28_000;
/** Less is not worth it: one call costs some ten microseconds, whatever it is given. */
const FEWEST_COMPRESSED = 4_000;
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const ENTRY_BYTES = 10;

/** Consecutive records as few rows, in their order. A record that is alone, or too large to share, is a row as it is. */
export function packed(records: readonly OutboxRow[]): OutboxRow[] {
  const rows: OutboxRow[] = [];
  let from = 0;
  let bytes = 0;
  for (const [at, { body }] of records.entries()) {
    const entry = ENTRY_BYTES + body.length;
    if (at > from && bytes + entry > MOST_BYTES) {
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
  if (bytes < FEWEST_COMPRESSED) return { route: SEVERAL, hash: 0, body };
  return { route: COMPRESSED, hash: 0, body: zstdCompressSync(body, ZSTD) };
}

/** The records of a row, in their order. */
export function* unpacked(row: OutboxRow): Generator<OutboxRow> {
  if (row.route > SEVERAL) {
    yield row;
    return;
  }
  const bytes = row.route === COMPRESSED ? zstdDecompressSync(row.body) : row.body;
  for (let at = 0; at < bytes.length;) {
    const route = bytes.readInt16BE(at);
    const hash = bytes.readInt32BE(at + 2);
    const from = at + ENTRY_BYTES;
    at = from + bytes.readInt32BE(at + 6);
    yield { route, hash, body: bytes.subarray(from, at) };
  }
}
