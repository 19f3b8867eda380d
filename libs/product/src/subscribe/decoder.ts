import type { Type } from 'avsc';

import type { FaultName } from '../errors.js';
import { schemaIdOf, splitWire } from '../registry/wire.js';
import type { ApprovedSchemas } from './approved.js';
import { envelopeOf, keyOf, originOf, UNKNOWN_REVISION } from './received.js';
import type { Envelope, RawRecord, Received, RecordKey } from './received.js';

/** Which check a record failed, in the order they are made. */
const REFUSAL_STEPS = ['wire', 'approval', 'decode', 'key', 'envelope', 'handler'] as const;
type RefusalStep = (typeof REFUSAL_STEPS)[number];
/** Whether a consumer refuses records at a step of that name. */
export const isRefusalStep = (name: string): boolean =>
  (REFUSAL_STEPS as readonly string[]).includes(name);

/** A record that reaches no handler, and why. `detail` is in our own words: never text of the record. */
export type Refusal = { raw: RawRecord; step: RefusalStep; fault: FaultName; detail: string };

/** The schema text of an id, as the registry keeps it; null when it knows no such id. */
export type SchemaLookup = (schemaId: number) => Promise<string | null>;

/** Makes the Avro type of a schema text, refusing hostile ones. */
export type SchemaParser = (text: string) => Type;

type Writer = { type: Type; resolver: unknown };

type Sorted<R> = { records: Received<R>[]; refused: Refusal[] };

/**
 * Turns bytes into records. Only an id that governance approved for this very topic is decoded, with the schema it
 * was written with, and resolved to the schema of the reader; everything else is refused and named.
 */
export class Decoder<R> {
  readonly #topic: string;
  readonly #approved: ApprovedSchemas;
  readonly #schema: SchemaLookup;
  readonly #parse: SchemaParser;
  readonly #readerText: string | null;
  readonly #writers = new Map<number, Writer>();
  #reader: Type | null = null;
  #readerId: number | null = null;

  /** `readerSchema` null: records come in the newest version approved. */
  constructor(parts: {
    topic: string;
    approved: ApprovedSchemas;
    schema: SchemaLookup;
    parse: SchemaParser;
    readerSchema: string | null;
  }) {
    this.#topic = parts.topic;
    this.#approved = parts.approved;
    this.#schema = parts.schema;
    this.#parse = parts.parse;
    this.#readerText = parts.readerSchema;
  }

  /**
   * Sorts a batch into records and refusals, each in the order received.
   * Throws when governance or the registry gives no answer that is needed: then nothing can be decided.
   */
  async sort(batch: readonly RawRecord[]): Promise<Sorted<R>> {
    await this.#learn(batch);
    const sorted: Sorted<R> = { records: [], refused: [] };
    for (const raw of batch) {
      // Nearly every record is read without a wait, which would cost it a promise and a turn of its own.
      const outcome = this.#read(raw) ?? (await this.#readUnknown(raw));
      if ('step' in outcome) sorted.refused.push(outcome);
      else sorted.records.push(outcome);
    }
    return sorted;
  }

  /** One question to governance covers every id of the batch that is not known yet. */
  async #learn(batch: readonly RawRecord[]): Promise<void> {
    const news = batch.some((raw) => {
      const schemaId = raw.value ? schemaIdOf(raw.value) : null;
      return schemaId !== null && !this.#approved.knows(this.#topic, schemaId);
    });
    if (news) await this.#approved.refresh(this.#topic);
  }

  /** Null where its schema has to be asked for: the id is not approved, or was not met before. */
  #read(raw: RawRecord): Received<R> | Refusal | null {
    const key = keyOf(raw);
    if (raw.value === null || raw.value === undefined)
      return key === null ? refusal(raw, 'key', 'recordKeyMalformed') : tombstone(raw, key);
    const wire = splitWire(raw.value);
    if (wire === null) return refusal(raw, 'wire', 'noMagicByte');
    const { schemaId } = wire;
    const writer = this.#writers.get(schemaId);
    if (writer === undefined || !this.#approved.knows(this.#topic, schemaId)) return null;
    const value = decode<R>(wire.avro, writer, this.#reader!);
    if (value === null) return refusal(raw, 'decode', 'undecodable', `schema id ${schemaId}`);
    if (key === null) return refusal(raw, 'key', 'recordKeyMalformed');
    const envelope = envelopeOf(raw);
    if ('missing' in envelope)
      return refusal(raw, 'envelope', 'envelopeIncomplete', envelope.missing);
    return received(raw, key, envelope, value, schemaId);
  }

  async #readUnknown(raw: RawRecord): Promise<Received<R> | Refusal> {
    const schemaId = schemaIdOf(raw.value!)!;
    if (!this.#approved.knows(this.#topic, schemaId)) return this.#unapproved(raw, schemaId);
    await this.#learnWriter(schemaId);
    return this.#read(raw) ?? this.#readUnknown(raw);
  }

  async #unapproved(raw: RawRecord, schemaId: number): Promise<Refusal> {
    const known = await this.#schema(schemaId).catch(() => null);
    const fault = known === null ? 'schemaIdUnknown' : 'schemaIdOfAnother';
    return refusal(raw, 'approval', fault, `schema id ${schemaId}`);
  }

  /**
   * A writer not met before. It may be newer than the reader taken so far, so the reader is looked for again:
   * without a schema of its own a consumer gets every field of the newest version approved.
   */
  async #learnWriter(schemaId: number): Promise<void> {
    const type = await this.#typeOf(schemaId);
    await this.#chooseReader();
    const reader = this.#reader!;
    const resolver = type.equals(reader) ? undefined : reader.createResolver(type);
    this.#writers.set(schemaId, { type, resolver });
  }

  async #chooseReader(): Promise<void> {
    if (this.#readerText !== null) {
      this.#reader ??= this.#parse(this.#readerText);
      return;
    }
    const newest = this.#approved.ids(this.#topic).at(-1)!;
    if (newest === this.#readerId) return;
    this.#reader = await this.#typeOf(newest);
    this.#readerId = newest;
    this.#writers.clear();
  }

  async #typeOf(schemaId: number): Promise<Type> {
    const text = await this.#schema(schemaId);
    // Approved and yet not in the registry: the registry is behind, and waiting is right, refusing is not.
    if (text === null)
      throw new Error(`the registry does not hold the approved schema ${schemaId} yet`);
    return this.#parse(text);
  }
}

function decode<R>(avro: Buffer, writer: Writer, reader: Type): R | null {
  try {
    return writer.resolver === undefined
      ? (writer.type.fromBuffer(avro) as R)
      : (reader.fromBuffer(avro, writer.resolver as never) as R);
  } catch {
    // The library's message may quote the bytes, so nothing of it is kept.
    return null;
  }
}

function refusal(raw: RawRecord, step: RefusalStep, fault: FaultName, detail = ''): Refusal {
  return { raw, step, fault, detail };
}

/** An erasure tool may write a tombstone without our headers; its place in the log is then its identity. */
function tombstone<R>(raw: RawRecord, key: RecordKey): Received<R> {
  const found = envelopeOf(raw);
  const envelope: Envelope =
    'missing' in found
      ? {
          id: `tombstone:${raw.partition}:${raw.offset}`,
          type: '',
          source: null,
          time: null,
          recordedTime: null,
          sequence: 0,
          revision: UNKNOWN_REVISION,
        }
      : found;
  return { origin: originOf(raw), key, envelope, change: 'deleted', value: null, schemaId: null };
}

const CHANGES = { CREATED: 'created', UPDATED: 'updated', RETRACTED: 'retracted' } as const;

function received<R>(
  raw: RawRecord,
  key: RecordKey,
  envelope: Envelope,
  value: R,
  schemaId: number,
): Received<R> {
  const common = { origin: originOf(raw), key, envelope, value, schemaId };
  const core = value as { changeType?: string; survivorKey?: string | null };
  if (core.changeType === 'MERGED') {
    return { ...common, change: 'merged', survivor: core.survivorKey ?? null };
  }
  const change = CHANGES[core.changeType as keyof typeof CHANGES] ?? 'updated';
  return { ...common, change };
}
