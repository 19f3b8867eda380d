import { UNKNOWN_REVISION } from '@caremesh/product';
import type { ClientBase } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';

/** The providers that one record names, and its place in its person's sequence. One that ended names none. */
type Referral = { person: string; record: string; sequence: number; organisations: string[] };
/** By the record's key. */
type Referrals = Map<string, Referral>;
/** As a record says it; a bare tombstone says no place in the sequence and ends whatever is held. */
type Said = Referral & { isBare: boolean };

/** By person, to whom they were referred: before this batch, and after it. */
export type Referred = {
  before: ReadonlyMap<string, string[]>;
  after: ReadonlyMap<string, string[]>;
};

/**
 * To whom the people of a batch were referred, and what the batch changes of that, written down in its transaction. Unlike a registration a
 * referral does not end the one before it: somebody is with a provider as long as any record of theirs names it.
 * @param fields of the product, which name a provider; without any nobody was referred
 */
export async function referredBy(
  client: ClientBase,
  edition: string,
  records: readonly ProductReceived[],
  fields: readonly string[],
): Promise<Referred> {
  if (fields.length === 0) return { before: new Map(), after: new Map() };
  const said = saidOf(records, fields);
  const held = await heldOf(client, edition, [...new Set(records.map(({ key }) => key.person))]);
  const now = new Map([...said].map(([key, all]) => [key, all.reduce(newer, held.get(key))!]));
  await keep(client, edition, new Map([...now].filter(([key, one]) => one !== held.get(key))));
  return { before: byPerson(held), after: byPerson(new Map([...held, ...now])) };
}

/** What a batch says of each record, in its order. */
const saidOf = (records: readonly ProductReceived[], fields: readonly string[]) =>
  Map.groupBy(
    records.map((record) => saidBy(record, fields)),
    ({ person, record }) => keyOf(person, record),
  );

function saidBy(
  { key, value, change, envelope }: ProductReceived,
  fields: readonly string[],
): Said {
  const { person, record } = key;
  const hasEnded = value === null || change === 'merged';
  const stated = hasEnded ? [] : fields.map((name) => (value as Record<string, unknown>)[name]);
  return {
    ...{ person, record, sequence: envelope.sequence },
    organisations: stated.filter((ods) => typeof ods === 'string'),
    isBare: envelope.revision === UNKNOWN_REVISION,
  };
}

/** What was said before is not said again, and an end holds against what was said with it. */
function newer(held: Referral | undefined, said: Said): Referral {
  const { isBare, ...one } = said;
  if (held === undefined) return one;
  if (isBare) return { ...one, sequence: held.sequence };
  const hasEnded = one.organisations.length === 0;
  const isNews = one.sequence > held.sequence || (one.sequence === held.sequence && hasEnded);
  return isNews ? one : held;
}

const keyOf = (person: string, record: string): string => `${person}.${record}`;

/** What is held of these people's records. */
async function heldOf(
  client: ClientBase,
  edition: string,
  people: readonly string[],
): Promise<Referrals> {
  const { rows } = await client.query<Omit<Referral, 'sequence'> & { sequence: string }>(
    `SELECT source_person AS person, source_record AS record, sequence, organisations
     FROM care_referral WHERE edition = $1 AND source_person = ANY($2)`,
    [edition, people],
  );
  return new Map(
    rows.map((row) => [keyOf(row.person, row.record), { ...row, sequence: Number(row.sequence) }]),
  );
}

async function keep(client: ClientBase, edition: string, changed: Referrals): Promise<void> {
  if (changed.size === 0) return;
  const all = [...changed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  await client.query(
    `INSERT INTO care_referral AS held (edition, source_person, source_record, sequence, organisations)
     SELECT $1, person, record, sequence, string_to_array(named, ',')
     FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) AS said (person, record, sequence, named)
     ON CONFLICT (edition, source_person, source_record) DO UPDATE
     SET sequence = excluded.sequence, organisations = excluded.organisations
     WHERE held.sequence <= excluded.sequence`,
    [
      edition,
      all.map(({ person }) => person),
      all.map(({ record }) => record),
      all.map(({ sequence }) => sequence),
      all.map(({ organisations }) => organisations.join(',')),
    ],
  );
}

function byPerson(referrals: Referrals): Map<string, string[]> {
  const people = Map.groupBy(referrals.values(), ({ person }) => person);
  return new Map(
    [...people].map(([person, all]) => [
      person,
      [...new Set(all.flatMap(({ organisations }) => organisations))],
    ]),
  );
}
