import { headers as names } from '@caremesh/contract';
import type { Logger } from '@caremesh/platform';
import type { Type } from 'avsc';

import { FAULTS } from '../errors.js';
import type { KafkaConnection } from '../kafka/client.js';
import type { SchemaRegistry } from '../registry/schema-registry.js';
import { splitWire } from '../registry/wire.js';
import { ApprovedSchemas } from '../subscribe/approved.js';
import type { ApprovedLookup } from '../subscribe/approved.js';
import { Decoder } from '../subscribe/decoder.js';
import type { Refusal } from '../subscribe/decoder.js';
import type { Batch, Counts } from '../subscribe/delivery.js';
import { backOff, pause } from '../subscribe/patience.js';
import type { RawRecord, Received } from '../subscribe/received.js';
import { HeaderNames } from '../kafka/record-headers.js';
import { Subscription } from '../subscribe/subscription.js';
import type { SubscriptionStatus } from '../subscribe/subscription.js';

/** A record that no consumer would be given: where it is, which check it failed. Nothing of its content. */
export type RefusedRecord = {
  partition: number;
  offset: bigint;
  timestamp: bigint;
  /** `key`, `wire`, `approval`, `decode`, `envelope`. */
  step: string;
  code: string;
  /** The id in its bytes 1 to 4, if it has any. */
  schemaId: number | null;
  /** ODS code of its `ce_source`; null without one. Not proved: whoever wrote the record wrote this too. */
  publisher: string | null;
};

/** A batch as it was read. `next` is, per partition, the offset after its last record. */
export type InspectedBatch = {
  topic: string;
  records: readonly Received<unknown>[];
  refused: RefusedRecord[];
  bytes: number;
  next: ReadonlyMap<number, bigint>;
};

type InspectOptions = {
  topic: string;
  groupId: string;
  connection: KafkaConnection;
  registry: Pick<SchemaRegistry, 'schema'>;
  approved: ApprovedLookup;
  /** Makes an Avro type of a schema text; refuses hostile ones. */
  parseSchema: (text: string) => Type;
  /** Takes a batch; tried again for as long as it throws. */
  take: (batch: InspectedBatch) => Promise<void>;
  /** Told how far all that was fetched has been taken, per partition: also past what is no record. */
  settled?: (reached: ReadonlyMap<number, bigint>) => void;
  /** Most records of one batch; default 500. */
  batchSize?: number;
  log: Logger;
};

/**
 * Nobody waits for what is only counted: of little it is counted about once a second. With answers of a million bytes, and 2,000 records at a
 * time, what was read outlived the nursery, and a file left a process of 346 MB; so one of 224.
 */
const GATHERING = { bytes: 262_144, ms: 1_000 };

/** Looks through one topic, from the beginning and for ever. */
export function inspect(options: InspectOptions): {
  status(): SubscriptionStatus;
  stop(): Promise<void>;
} {
  const { topic, groupId, connection, log, batchSize = 500, settled = () => undefined } = options;
  const subscription = new Subscription<unknown>({
    topic,
    groupId,
    connection,
    batchSize: () => batchSize,
    gathering: GATHERING,
    delivery: new Inspection(options),
    settled,
    log,
  });
  subscription.start();
  return { status: () => subscription.status(), stop: () => subscription.stop() };
}

/** Settles batches by giving them to `take`; waits out whatever it, governance or the registry cannot do now. */
class Inspection {
  readonly counts: Counts = { read: 0, handled: 0, duplicates: 0, refused: 0 };
  readonly #options: InspectOptions;
  readonly #decoder: Decoder<unknown>;

  constructor(options: InspectOptions) {
    const { topic, approved, registry, parseSchema } = options;
    this.#options = options;
    this.#decoder = new Decoder<unknown>({
      topic,
      approved: new ApprovedSchemas(approved),
      schema: (id) => registry.schema(id),
      parse: parseSchema,
      readerSchema: null,
    });
  }

  /** Null only when `signal` is given. */
  sort(raws: readonly RawRecord[], signal: AbortSignal): Promise<Batch<unknown> | null> {
    return this.#persist(async () => ({ raws, ...(await this.#decoder.sort(raws)) }), signal);
  }

  /** Returns early, with the batch not settled, only when `signal` is given: it then answers false. */
  async settle({ raws, records, refused }: Batch<unknown>, signal: AbortSignal): Promise<boolean> {
    const batch = {
      topic: this.#options.topic,
      records,
      refused: refused.map(withoutContent),
      bytes: raws.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
      next: nextOffsets(raws),
    };
    const take = async () => {
      await this.#options.take(batch);
      return true;
    };
    if ((await this.#persist(take, signal)) === null) return false;
    this.counts.read += raws.length;
    this.counts.handled += records.length;
    this.counts.refused += refused.length;
    return true;
  }

  async #persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await work();
      } catch (err) {
        const { log, topic } = this.#options;
        log.warn({ topic, err }, 'a batch is looked at again');
      }
      await pause(backOff(Math.min(attempt, 10), 100, 10_000), signal);
    }
    return null;
  }
}

function nextOffsets(batch: readonly RawRecord[]): Map<number, bigint> {
  const next = new Map<number, bigint>();
  for (const { partition, offset } of batch) {
    if (offset >= (next.get(partition) ?? 0n)) next.set(partition, offset + 1n);
  }
  return next;
}

const SOURCE = new HeaderNames([names.HEADERS.source]);

function withoutContent({ raw, step, fault }: Refusal): RefusedRecord {
  const { partition, offset, timestamp, value, headers } = raw;
  const [source = null] = SOURCE.textsIn(headers);
  return {
    partition,
    offset,
    timestamp,
    step,
    code: FAULTS[fault].code,
    schemaId: value ? (splitWire(value)?.schemaId ?? null) : null,
    publisher: publisherOf(source),
  };
}

/**
 * The ODS code of `urn:ods:<code>`, or null. Whoever writes a record may put anything there: ten digits are
 * refused, because they could be somebody's NHS number.
 */
export function publisherOf(source: string | null): string | null {
  const [, code] = /^urn:ods:([A-Z0-9]{3,10})$/.exec(source ?? '') ?? [];
  return code === undefined || /^\d{10}$/.test(code) ? null : code;
}
