import { atOnce } from '@caremesh/platform';
import type { Statement } from '@caremesh/platform';
import type { Client } from 'pg';

import type { ItemOutcome, Outcome } from '../define/source.js';
import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import { byteaArray, plainArray } from '../outbox/arrays.js';
import type { Seal } from '../sealing/seal.js';
import { digest16 } from './ids.js';
import type { Prepared } from './prepare.js';

/** A message landed before: what its bytes were, and what became of it. */
export type Landed = {
  digest: Buffer;
  outcome: Outcome;
  quarantineId: string | null;
  errors: Fault[] | null;
  /** Of a refused one: whether it stands in quarantine still. */
  isOpen: boolean;
};
/** By the hexadecimal form of their key; null: known no longer. */
export type LandedMessages = Map<string, Landed | null>;
type LandedRow = [Buffer, Buffer, Outcome, string | null, Fault[] | null, boolean | null];

const LANDED = {
  name: 'intake-landed',
  rowMode: 'array' as const,
  text: `SELECT message, digest, outcome, quarantine_id, errors,
           (SELECT q.state = 'open' FROM quarantine q WHERE q.id = quarantine_id)
         FROM landed WHERE message = ANY($1::bytea[])`,
};

/** Messages landed before; by the batch on its way before this one, too (`left`). */
export async function loadLanded(
  client: Client,
  items: readonly Prepared[],
  left: LandedMessages = new Map(),
): Promise<LandedMessages> {
  const keys = items.flatMap(({ landing }) => (landing ? [landing.key] : []));
  if (keys.length === 0) return new Map();
  const [rows] = await atOnce(client, [{ ...LANDED, values: [byteaArray(keys)] }]);
  const landed: LandedMessages = new Map(
    (rows as LandedRow[]).map(
      ([key, digest, outcome, quarantineId, errors, isOpen]): [string, Landed | null] => [
        key.toString('hex'),
        { digest, outcome, quarantineId, errors, isOpen: isOpen ?? false },
      ],
    ),
  );
  for (const name of keys.map((key) => key.toString('hex'))) {
    const found = left.get(name);
    if (found !== undefined) landed.set(name, found);
  }
  return landed;
}

/** The answer to a message that was landed before; null if it is new, or is to be decided anew (`refusedBefore`). */
export function answerAsBefore(
  item: Prepared,
  landed: ReadonlyMap<string, Landed | null>,
): ItemOutcome | null {
  const before = item.landing && landed.get(item.landing.key.toString('hex'));
  if (!before || refusedBefore(item, landed)) return null;
  const head = { index: item.index, sourceId: item.sourceId };
  // By a mesh of before line ends behind a message were taken for the message's own.
  if (!before.digest.equals(item.landing!.digest) && !before.digest.equals(digest16(item.raw))) {
    return { ...head, outcome: 'refused', errors: [fault('messageIdReused', '/')] };
  }
  const { outcome, quarantineId, errors } = before;
  if (outcome === 'quarantined' || outcome === 'notUsed') {
    return {
      ...head,
      outcome,
      ...(quarantineId && { quarantineId }),
      errors: errors ?? [],
      before: outcome,
    };
  }
  const told = outcome === 'unchanged' ? (errors ?? []) : [];
  return { ...head, outcome: 'unchanged', errors: told, before: outcome };
}

/**
 * How an item known by its bytes alone was refused, or null. Whoever sends it again asks anew: what it was refused for may be
 * mended, here or in what is held beside it.
 */
export function refusedBefore(
  { landing }: Prepared,
  landed: ReadonlyMap<string, Landed | null>,
): Landed | null {
  const before = landing?.byBytes && landed.get(landing.key.toString('hex'));
  return before && before.outcome === 'quarantined' ? before : null;
}

/** One message that is landed by this batch. */
export type Landing = { key: Buffer; landed: Landed };

/** What was refused before and was decided anew: as what it is known now. */
export function landedAnewStatement(landings: readonly Landing[]): Statement {
  return {
    name: 'intake-land-anew',
    text: `UPDATE landed SET outcome = u.outcome, quarantine_id = u.quarantine_id, errors = u.errors
           FROM unnest($1::bytea[], $2::text[], $3::text[], $4::jsonb[]) AS u(message, outcome, quarantine_id, errors)
           WHERE landed.message = u.message`,
    values: [
      byteaArray(landings.map(({ key }) => key)),
      plainArray(landings.map(({ landed }) => landed.outcome)),
      plainArray(landings.map(({ landed }) => landed.quarantineId)),
      landings.map(({ landed }) => errorsOf(landed)),
    ],
  };
}

/** What was known for as long as it was refused. */
export function forgottenStatement(keys: readonly Buffer[]): Statement {
  return {
    name: 'intake-forget',
    text: `DELETE FROM landed WHERE message = ANY($1::bytea[])`,
    values: [byteaArray(keys)],
  };
}

/** Entries of quarantine of what is refused no longer. */
export function takenStatement(quarantineIds: readonly string[]): Statement {
  return {
    name: 'intake-taken-anew',
    text: `UPDATE quarantine SET state = 'resolved', state_at = now() WHERE id = ANY($1::text[]) AND state = 'open'`,
    values: [plainArray(quarantineIds)],
  };
}

/** Remembers what messages were landed and what they were answered; fails where one of them was landed meanwhile. */
export function landedStatement(landings: readonly Landing[]): Statement {
  return {
    name: 'intake-land',
    text: `INSERT INTO landed (message, digest, outcome, quarantine_id, errors)
           SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::jsonb[])`,
    values: [
      byteaArray(landings.map(({ key }) => key)),
      byteaArray(landings.map(({ landed }) => landed.digest)),
      plainArray(landings.map(({ landed }) => landed.outcome)),
      plainArray(landings.map(({ landed }) => landed.quarantineId)),
      landings.map(({ landed }) => errorsOf(landed)),
    ],
  };
}

const errorsOf = ({ errors }: Landed): string | null =>
  errors?.length ? JSON.stringify(errors) : null;

/**
 * What was received, in one sealed piece per batch: for each item its length (4 bytes, big-endian) and its
 * bytes, preambles before the items they belong to. Kept for the contract's retention. One of no items tells that its batch was committed.
 */
export function payloadStatement(id: string, items: readonly Prepared[], seal: Seal): Statement {
  const pieces: Buffer[] = [];
  let preamble = '';
  for (const item of items) {
    if (item.preamble !== preamble) {
      preamble = item.preamble;
      pieces.push(lengthOf(Buffer.byteLength(preamble)), Buffer.from(preamble));
    }
    pieces.push(lengthOf(item.raw.length), item.raw);
  }
  return {
    name: 'intake-payload',
    text: `INSERT INTO payload (id, source, items, sealed) VALUES ($1, $2, $3, $4)`,
    values: [
      id,
      items[0]?.arrival.source ?? '',
      items.length,
      seal.close(Buffer.concat(pieces), `payload:${id}`),
    ],
  };
}

function lengthOf(bytes: number): Buffer {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(bytes);
  return prefix;
}
