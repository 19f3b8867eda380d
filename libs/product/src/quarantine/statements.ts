import { createHash } from 'node:crypto';

import type { Statement } from '@caremesh/platform';

import type { Fault } from '../errors.js';
import type { Seal } from '../sealing/seal.js';

/** Something refused, as it is stored: everything about it but its bytes in clear. */
export type QuarantineEntry = {
  id: string;
  product: string;
  source: string;
  sourceId: string | null;
  publisherOds: string | null;
  step: string;
  errors: Fault[];
  contentType: string | null;
  part: string | null;
  landing: Buffer | null;
  /** Of a joined source's row that could not be read: the time of the return it is of, in milliseconds. */
  landingAt: number | null;
  payload: Buffer;
  origin: { topic: string; partition: number; offset: bigint } | null;
};

/** The purpose a quarantined payload is sealed for: it opens in its own row only. */
export const sealPurpose = (id: string): string => `quarantine:${id}`;

/** Stores entries; one already there (a repeated attempt, a record received again) stays as it is. */
export function quarantineStatement(entries: readonly QuarantineEntry[], seal: Seal): Statement {
  return { ...INSERT, values: [JSON.stringify(rowsOf(entries, seal))] };
}

/** Entries that were taken in again and are refused anew: each stays what it is, for the reason it has now, with what is refused now. */
export function refusedAgainStatement(entries: readonly QuarantineEntry[], seal: Seal): Statement {
  return { ...AGAIN, values: [JSON.stringify(rowsOf(entries, seal))] };
}

function rowsOf(entries: readonly QuarantineEntry[], seal: Seal): object[] {
  return entries.map((entry) => ({
    id: entry.id,
    product: entry.product,
    source: entry.source,
    source_id: entry.sourceId,
    publisher_ods: entry.publisherOds,
    step: entry.step,
    codes: [...new Set(entry.errors.map(({ code }) => code))],
    errors: entry.errors,
    sha256: createHash('sha256').update(entry.payload).digest('hex'),
    bytes: entry.payload.length,
    content_type: entry.contentType,
    part: entry.part,
    landing: entry.landing && `\\x${entry.landing.toString('hex')}`,
    landing_at: entry.landingAt,
    origin_topic: entry.origin?.topic ?? null,
    origin_partition: entry.origin?.partition ?? null,
    origin_offset: entry.origin ? `${entry.origin.offset}` : null,
    sealed: `\\x${seal.close(entry.payload, sealPurpose(entry.id)).toString('hex')}`,
  }));
}

const INSERT = {
  name: 'quarantine-insert',
  text: `INSERT INTO quarantine (id, product, source, source_id, publisher_ods, received_at, step, codes, errors,
           sha256, bytes, content_type, part, landing, landing_at, origin_topic, origin_partition, origin_offset, sealed)
         SELECT id, product, source, source_id, publisher_ods, now(), step, codes, errors,
           sha256, bytes, content_type, part, landing, landing_at, origin_topic, origin_partition, origin_offset, sealed
         FROM jsonb_to_recordset($1::jsonb) AS e(id text, product text, source text, source_id text, publisher_ods text,
           step text, codes text[], errors jsonb, sha256 text, bytes int, content_type text, part text, landing bytea,
           landing_at bigint,           origin_topic text, origin_partition int, origin_offset bigint, sealed bytea)
         ON CONFLICT DO NOTHING`,
};

const AGAIN = {
  name: 'quarantine-again',
  text: `UPDATE quarantine q SET step = e.step, codes = e.codes, errors = e.errors, sha256 = e.sha256, bytes = e.bytes,
           part = e.part, landing = e.landing, landing_at = e.landing_at, sealed = e.sealed
         FROM jsonb_to_recordset($1::jsonb) AS e(id text, step text, codes text[], errors jsonb, sha256 text, bytes int,
           part text, landing bytea, landing_at bigint, sealed bytea)
         WHERE q.id = e.id AND q.state = 'open'`,
};
