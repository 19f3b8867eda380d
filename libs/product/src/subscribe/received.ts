import { headers as names, keys } from '@caremesh/contract';

import type { FetchedRecord } from '../kafka/fetched-batch.js';
import { HeaderNames } from '../kafka/record-headers.js';

/** Where a record was read: enough to find it again with any Kafka client. */
export type Origin = { topic: string; partition: number; offset: bigint; timestamp: bigint };

/** Kafka message key of the mesh: `<person>.<record>`, neither of which anybody can turn back. */
export type RecordKey = { text: string; person: string; record: string };

/** What the headers say of a record (CloudEvents 1.0, binary mode). */
export type Envelope = {
  id: string;
  type: string;
  source: string | null;
  time: string | null;
  recordedTime: string | null;
  sequence: number;
  revision: number;
};

/** Revision of a tombstone that came without our headers: it ends whatever revision is held. */
export const UNKNOWN_REVISION = -1;

type Common = { origin: Origin; key: RecordKey; envelope: Envelope };

/**
 * One record as a handler gets it. `deleted` is a tombstone: nothing but the key is left, and the record is to be
 * forgotten. `retracted` holds the ids only. `merged` is the old side of a merge; `survivor` is the person part
 * of the key under which the same records follow.
 */
export type Received<R> =
  | (Common & { change: 'created' | 'updated' | 'retracted'; value: R; schemaId: number })
  | (Common & { change: 'merged'; value: R; schemaId: number; survivor: string | null })
  | (Common & { change: 'deleted'; value: null; schemaId: null });

/** A record as it was fetched. */
export type RawRecord = FetchedRecord;

/** Where a record was read. */
export function originOf(raw: RawRecord): Origin {
  return {
    topic: raw.topic,
    partition: raw.partition,
    offset: raw.offset,
    timestamp: raw.timestamp,
  };
}

/** The key in its two parts, or null when it has not the mesh's shape. */
export function keyOf(raw: RawRecord): RecordKey | null {
  const text = raw.key?.toString('utf8');
  const parts = text === undefined ? null : keys.parseMessageKey(text);
  return parts === null ? null : { text: text!, ...parts };
}

const ENVELOPE = new HeaderNames([
  names.HEADERS.id,
  names.HEADERS.sequence,
  names.HEADERS.recordRevision,
  names.HEADERS.type,
  names.HEADERS.source,
  names.HEADERS.time,
  names.HEADERS.recordedTime,
]);

/**
 * The envelope, or the name of the first header that is missing or malformed. Only what a consumer cannot do without
 * is asked for: the id it removes duplicates by, the sequence, and the revision by which the last one wins.
 */
export function envelopeOf(raw: RawRecord): Envelope | { missing: string } {
  const [id, sequenceText, revisionText, type, source, time, recordedTime] = ENVELOPE.textsIn(
    raw.headers,
  ) as [Text, Text, Text, Text, Text, Text, Text];
  if (id === null || !/^[!-~]{1,64}$/.test(id)) return { missing: names.HEADERS.id };
  const sequence = countOf(sequenceText);
  if (sequence === null) return { missing: names.HEADERS.sequence };
  const revision = countOf(revisionText);
  if (revision === null) return { missing: names.HEADERS.recordRevision };
  return { id, type: type ?? '', source, time, recordedTime, sequence, revision };
}

type Text = string | null;

/** Headers carry numbers as decimal text; 15 digits stay exact in a double. */
function countOf(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}
