import { headers, keys } from '@caremesh/contract';
import type { ChangeType } from '@caremesh/contract';

import { recordBody, varintSize, writeBytes, writeVarint } from '../kafka/record-batch.js';
import type { HeaderBytes } from '../kafka/record-batch.js';

const { HEADERS } = headers;
const ENTRIES = 11;
const NOTHING = Buffer.alloc(0);
/** Room for the variable headers: their names, ids, two times, two numbers and a traceparent. */
const VARIABLE_BYTES = 420;

/** What one record says about itself in its headers. */
export type Envelope = {
  /** `<person>.<record>`, ASCII. */
  key: string;
  /** Wire format, or null for a tombstone. */
  value: Buffer | null;
  change: Exclude<ChangeType, 'UNKNOWN'>;
  eventId: string;
  /** Null where the record names no source: views that do not show the publisher, and their tombstones. */
  publisherOds: string | null;
  time: string;
  recordedTime: string;
  sequence: number;
  revision: number;
  traceparent: string;
};

const entry = (name: string, value: string): Buffer =>
  Buffer.concat([lengthPrefixed(name), lengthPrefixed(value)]);

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const target = Buffer.allocUnsafe(varintSize(bytes.length) + bytes.length);
  writeBytes(target, 0, bytes);
  return target;
}

const NAMES = {
  id: lengthPrefixed(HEADERS.id),
  time: lengthPrefixed(HEADERS.time),
  recordedTime: lengthPrefixed(HEADERS.recordedTime),
  sequence: lengthPrefixed(HEADERS.sequence),
  revision: lengthPrefixed(HEADERS.recordRevision),
  traceparent: lengthPrefixed(HEADERS.traceParent),
};

/**
 * Writes records of one product and schema version as they will stand in a topic: key, value and the
 * CloudEvents headers of interfaces.md. What is the same for every record is encoded once.
 */
export class EnvelopeWriter {
  readonly #constant = new Map<string, Buffer>();
  readonly #sources = new Map<string, Buffer>();

  constructor(product: string, major: number, registryUrl: string, schemaId: number) {
    for (const change of ['CREATED', 'UPDATED', 'RETRACTED', 'MERGED'] as const) {
      this.#constant.set(
        change,
        Buffer.concat([
          entry(HEADERS.specVersion, headers.SPEC_VERSION),
          entry(HEADERS.contentType, headers.CONTENT_TYPE),
          entry(HEADERS.dataSchema, headers.ceDataSchema(registryUrl, schemaId)),
          entry(HEADERS.type, headers.ceType(product, change, major)),
        ]),
      );
    }
  }

  /** The body of the record, ready for any topic. */
  body(envelope: Envelope): Buffer {
    const constant = this.#constant.get(envelope.change)!;
    const { publisherOds } = envelope;
    const source = publisherOds === null ? NOTHING : this.#source(publisherOds);
    const valueBytes = envelope.value?.length ?? 0;
    const body = Buffer.allocUnsafe(
      envelope.key.length + valueBytes + constant.length + source.length + VARIABLE_BYTES,
    );
    let at = writeAscii(body, 0, envelope.key);
    at = envelope.value === null ? writeVarint(body, at, -1) : writeBytes(body, at, envelope.value);
    at = writeVarint(body, at, publisherOds === null ? ENTRIES - 1 : ENTRIES);
    body.set(constant, at);
    body.set(source, at + constant.length);
    return body.subarray(0, writeVariable(body, at + constant.length + source.length, envelope));
  }

  #source(ods: string): Buffer {
    const known = this.#sources.get(ods);
    if (known) return known;
    const made = entry(HEADERS.source, headers.ceSource(ods));
    // A publisher is one of few; should a source send nonsense, memory does not grow with it.
    if (this.#sources.size < 10_000) this.#sources.set(ods, made);
    return made;
  }
}

function writeVariable(body: Buffer, start: number, envelope: Envelope): number {
  let at = writeAscii(body, writeRaw(body, start, NAMES.id), envelope.eventId);
  at = writeAscii(body, writeRaw(body, at, NAMES.time), envelope.time);
  at = writeAscii(body, writeRaw(body, at, NAMES.recordedTime), envelope.recordedTime);
  at = writeAscii(body, writeRaw(body, at, NAMES.sequence), `${envelope.sequence}`);
  at = writeAscii(body, writeRaw(body, at, NAMES.revision), `${envelope.revision}`);
  return writeAscii(body, writeRaw(body, at, NAMES.traceparent), envelope.traceparent);
}

function writeRaw(body: Buffer, at: number, bytes: Buffer): number {
  body.set(bytes, at);
  return at + bytes.length;
}

function writeAscii(body: Buffer, at: number, text: string): number {
  const start = writeVarint(body, at, text.length);
  return start + body.write(text, start, 'latin1');
}

/** Number from which both the shard and, modulo its count, the partition of a person are taken. */
export const personHash = (person: string): number =>
  keys.murmur2(Buffer.from(person, 'latin1')) & 0x7fffffff;

/** The body of any record, for publishers that bring their own headers (views). */
export function plainBody(
  key: Buffer,
  value: Buffer | null,
  named: Iterable<readonly [string, string | Buffer]>,
): Buffer {
  const list: HeaderBytes[] = [];
  for (const [name, value_] of named) {
    list.push([
      Buffer.from(name, 'utf8'),
      typeof value_ === 'string' ? Buffer.from(value_, 'utf8') : value_,
    ]);
  }
  return recordBody(key, value, list);
}
