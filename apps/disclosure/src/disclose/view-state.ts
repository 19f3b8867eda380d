import { plainArray, UNKNOWN_REVISION } from '@caremesh/product';
import type { ClientBase } from 'pg';

import type { ProductReceived } from './product-record.js';

/** `shift` lifts the revisions of a record that was withdrawn and is disclosed again (see withdrawal). */
type Held = { revision: number; live: boolean; shift: number };

/**
 * Which records of a batch are news to a view, by its own state: the last revision wins per record. The rows are locked
 * until the transaction ends, in the order of their keys, so that backfill and following never deadlock.
 */
export async function takeSteps(
  client: ClientBase,
  viewId: number,
  records: readonly ProductReceived[],
): Promise<ProductReceived[]> {
  const names = [...new Set(records.map(({ key }) => key.text))].sort(byText);
  if (names.length === records.length && records.every(isLive)) {
    return takeLive(client, viewId, names, records);
  }
  const held = await lockRecords(client, viewId, names);
  const steps = records.flatMap((record) => step(held, record));
  await keepRecords(client, viewId, names, held);
  return steps;
}

/** It says its revision and that the record is there: what was held before changes nothing about how it is told. */
const isLive = ({ change, envelope }: ProductReceived): boolean =>
  change !== 'deleted' && envelope.revision !== UNKNOWN_REVISION;

/**
 * The same where each record occurs once and none ends, as in nearly every batch: one statement in place of three, and one
 * version of each row in place of two.
 */
async function takeLive(
  client: ClientBase,
  viewId: number,
  names: readonly string[],
  records: readonly ProductReceived[],
): Promise<ProductReceived[]> {
  const revisions = new Map(records.map(({ key, envelope }) => [key.text, envelope.revision]));
  const { rows } = await client.query<[sourceKey: string, shift: number]>({
    name: 'view-take-live',
    rowMode: 'array',
    text: `INSERT INTO view_record AS held (view_id, source_key, revision, live)
      SELECT $1, key, revision, true FROM unnest($2::text[], $3::bigint[]) AS news (key, revision) ORDER BY key
      ON CONFLICT (view_id, source_key) DO UPDATE SET revision = excluded.revision, live = true
        WHERE held.revision < excluded.revision
      RETURNING source_key, shift`,
    values: [viewId, plainArray(names), plainArray(names.map((name) => revisions.get(name)!))],
  });
  const news = new Map(rows);
  return records.flatMap((record) => {
    const shift = news.get(record.key.text);
    return shift === undefined ? [] : [lifted(record, shift)];
  });
}

async function lockRecords(
  client: ClientBase,
  viewId: number,
  names: readonly string[],
): Promise<Map<string, Held>> {
  await client.query(
    `INSERT INTO view_record (view_id, source_key, revision, live)
     SELECT $1, key, -1, false FROM unnest($2::text[]) AS key ON CONFLICT DO NOTHING`,
    [viewId, names],
  );
  const { rows } = await client.query<{
    source_key: string;
    revision: string;
    live: boolean;
    shift: number;
  }>(
    `SELECT source_key, revision, live, shift FROM view_record
     WHERE view_id = $1 AND source_key = ANY($2) ORDER BY source_key FOR UPDATE`,
    [viewId, names],
  );
  return new Map(
    rows.map(({ source_key, revision, live, shift }) => [
      source_key,
      { revision: Number(revision), live, shift },
    ]),
  );
}

function step(held: Map<string, Held>, record: ProductReceived): ProductReceived[] {
  const { key, envelope, change } = record;
  const before = held.get(key.text)!;
  if (envelope.revision === UNKNOWN_REVISION) {
    // A bare tombstone ends whatever is held; it has no effect twice because then nothing is live.
    held.set(key.text, { ...before, live: false });
    return before.live ? [record] : [];
  }
  if (envelope.revision <= before.revision) return [];
  held.set(key.text, { ...before, revision: envelope.revision, live: change !== 'deleted' });
  // Whom it was never told of, the recipient is not told that it is gone.
  return change === 'deleted' && !before.live ? [] : [lifted(record, before.shift)];
}

/** A record disclosed again after it was withdrawn is told by a new id and a revision above the tombstone's. */
function lifted(record: ProductReceived, shift: number): ProductReceived {
  if (shift === 0) return record;
  const { id, revision } = record.envelope;
  const envelope = { ...record.envelope, id: `${id} ${shift}`, revision: revision + shift };
  return { ...record, envelope };
}

async function keepRecords(
  client: ClientBase,
  viewId: number,
  names: readonly string[],
  held: ReadonlyMap<string, Held>,
): Promise<void> {
  await client.query(
    `UPDATE view_record SET revision = news.revision, live = news.live
     FROM unnest($2::text[], $3::bigint[], $4::boolean[]) AS news (key, revision, live)
     WHERE view_id = $1 AND source_key = key
       AND (view_record.revision, view_record.live) IS DISTINCT FROM (news.revision, news.live)`,
    [
      viewId,
      names,
      names.map((name) => held.get(name)!.revision),
      names.map((name) => held.get(name)!.live),
    ],
  );
}

/** A person of a view: the recipient's pseudonym, and the last sequence number given out. */
export type ViewPerson = { pseudonym: string; sequence: number };

/**
 * Reserves sequence numbers for people of a view: `wanted` says how many each needs, and the pseudonym where the records
 * tell who it is. What comes back is each person with the number before the first reserved one. People who are neither
 * told nor known are left out.
 */
export async function reserve(
  client: ClientBase,
  viewId: number,
  wanted: ReadonlyMap<string, { pseudonym: string | null; count: number }>,
): Promise<Map<string, ViewPerson>> {
  const people = [...wanted].sort(([a], [b]) => byText(a, b));
  const told = people.filter(([, { pseudonym }]) => pseudonym !== null);
  const untold = people.filter(([, { pseudonym }]) => pseudonym === null);
  const rows = [
    ...(await reserveTold(client, viewId, told)),
    ...(await reserveKnown(client, viewId, untold)),
  ];
  return new Map(
    rows.map(({ source_person, pseudonym, sequence }) => {
      const before = Number(sequence) - wanted.get(source_person)!.count;
      return [source_person, { pseudonym, sequence: before }];
    }),
  );
}

type PersonRow = { source_person: string; pseudonym: string; sequence: string };
type Wanted = [string, { pseudonym: string | null; count: number }][];

async function reserveTold(
  client: ClientBase,
  viewId: number,
  people: Wanted,
): Promise<PersonRow[]> {
  if (people.length === 0) return [];
  const { rows } = await client.query<PersonRow>({
    name: 'view-reserve',
    text: `INSERT INTO view_person (view_id, source_person, pseudonym, sequence)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[])
     ON CONFLICT (view_id, source_person) DO UPDATE SET sequence = view_person.sequence + excluded.sequence
     RETURNING source_person, pseudonym, sequence`,
    values: [
      viewId,
      plainArray(people.map(([person]) => person)),
      plainArray(people.map(([, { pseudonym }]) => pseudonym!)),
      plainArray(people.map(([, { count }]) => count)),
    ],
  });
  return rows;
}

async function reserveKnown(
  client: ClientBase,
  viewId: number,
  people: Wanted,
): Promise<PersonRow[]> {
  if (people.length === 0) return [];
  const { rows } = await client.query<PersonRow>(
    `UPDATE view_person SET sequence = sequence + more FROM unnest($2::text[], $3::bigint[]) AS known (person, more)
     WHERE view_id = $1 AND source_person = person RETURNING source_person, pseudonym, sequence`,
    [viewId, people.map(([person]) => person), people.map(([, { count }]) => count)],
  );
  return rows;
}

/** Pseudonyms of people the view knows already. */
export async function pseudonymsOf(
  client: ClientBase,
  viewId: number,
  people: readonly string[],
): Promise<Map<string, string>> {
  if (people.length === 0) return new Map();
  const { rows } = await client.query<{ source_person: string; pseudonym: string }>(
    `SELECT source_person, pseudonym FROM view_person WHERE view_id = $1 AND source_person = ANY($2)`,
    [viewId, people],
  );
  return new Map(rows.map((row) => [row.source_person, row.pseudonym]));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
