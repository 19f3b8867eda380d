import { UNKNOWN_REVISION } from '@caremesh/product';
import type { ClientBase } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';

/**
 * With which organisations one record says its person is registered. `at`: when its source says so, in milliseconds, null if it does not say
 * when; `place`: where in the person's sequence that was said first. One that has ended says nothing, until it is told again.
 */
type Registration = {
  person: string;
  record: string;
  sequence: number;
  place: number;
  at: number | null;
  hasEnded: boolean;
  organisations: string[];
};
/** By the keys of person and record. */
type Registrations = Map<string, Registration>;
/** As a record says it; a bare tombstone says no place in the sequence and ends whatever is held. */
type Said = Registration & { isBare: boolean };

/** By person, with whom they are registered: before this batch, of those something was known of, and after it. */
export type Registered = {
  before: ReadonlyMap<string, string[]>;
  after: ReadonlyMap<string, string[]>;
};

/**
 * With whom the people of a batch are registered, and what the batch changes of that, written down in its transaction. Somebody is with one
 * practice at a time: what their newest record says that says any, by the time of its source. By the publisher's sequence it would be what was
 * told last: a dissent that is withdrawn and a merge have all records told anew, in the order of their keys.
 * @param fields of the product, which name where somebody is registered
 */
export async function registeredBy(
  client: ClientBase,
  edition: string,
  records: readonly ProductReceived[],
  fields: readonly string[],
): Promise<Registered> {
  const said = Map.groupBy(
    records.map((record) => saidBy(record, fields)),
    ({ person, record }) => keyOf(person, record),
  );
  const held = await heldOf(client, edition, [...new Set(records.map(({ key }) => key.person))]);
  const now = new Map([...said].map(([key, all]) => [key, all.reduce(next, held.get(key))!]));
  await keep(client, edition, new Map([...now].filter(([key, one]) => one !== held.get(key))));
  return { before: byPerson(held), after: byPerson(new Map([...held, ...now])) };
}

function saidBy(
  { key, value, change, envelope }: ProductReceived,
  fields: readonly string[],
): Said {
  const { sequence } = envelope;
  const stated = fields.map((name) => (value as Record<string, unknown> | null)?.[name]);
  return {
    ...{ person: key.person, record: key.record, sequence, place: sequence },
    at: value?.sourceSystemUpdatedAt ?? null,
    hasEnded: value === null || change === 'merged',
    organisations: stated.filter((ods) => typeof ods === 'string'),
    isBare: envelope.revision === UNKNOWN_REVISION,
  };
}

/** What was said before is not said again, and an end holds against what was said with it. */
function next(held: Registration | undefined, said: Said): Registration {
  const { isBare, ...one } = said;
  if (held === undefined) return one;
  if (isBare) return { ...held, hasEnded: true };
  const isNews = one.sequence > held.sequence || (one.sequence === held.sequence && one.hasEnded);
  if (!isNews) return held;
  if (one.hasEnded) return { ...held, sequence: one.sequence, hasEnded: true };
  // Who no longer says with whom somebody is does not say that they left.
  if (one.organisations.length === 0 && !held.hasEnded) return { ...held, sequence: one.sequence };
  return saysTheSame(held, one) ? { ...one, place: held.place } : one;
}

const saysTheSame = (held: Registration, one: Registration): boolean =>
  held.at === one.at && held.organisations.join() === one.organisations.join();

const keyOf = (person: string, record: string): string => `${person}.${record}`;

/** What is held of these people's records, until the transaction ends; in the order of their keys, so that no two batches deadlock. */
async function heldOf(
  client: ClientBase,
  edition: string,
  people: readonly string[],
): Promise<Registrations> {
  const { rows } = await client.query<Row>(
    `SELECT source_person AS person, source_record AS record, sequence, place, stated_at AS at,
       has_ended AS "hasEnded", organisations
     FROM care_registration WHERE edition = $1 AND source_person = ANY($2)
     ORDER BY source_person, source_record FOR UPDATE`,
    [edition, people],
  );
  return new Map(
    rows.map((row) => [
      keyOf(row.person, row.record),
      {
        ...row,
        ...{ sequence: Number(row.sequence), place: Number(row.place) },
        at: row.at === null ? null : Number(row.at),
      },
    ]),
  );
}
type Row = Omit<Registration, 'sequence' | 'place' | 'at'> & {
  sequence: string;
  place: string;
  at: string | null;
};

/** Writes down what is known now. An older statement of a record never takes the place of a newer one. */
async function keep(client: ClientBase, edition: string, changed: Registrations): Promise<void> {
  if (changed.size === 0) return;
  const all = [...changed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  await client.query(
    `INSERT INTO care_registration AS held
       (edition, source_person, source_record, sequence, place, stated_at, has_ended, organisations)
     SELECT $1, person, record, sequence, place, at, ended, string_to_array(named, ',')
     FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[], $8::text[])
       AS said (person, record, sequence, place, at, ended, named)
     ON CONFLICT (edition, source_person, source_record) DO UPDATE
     SET sequence = excluded.sequence, place = excluded.place, stated_at = excluded.stated_at,
       has_ended = excluded.has_ended, organisations = excluded.organisations
     WHERE held.sequence <= excluded.sequence`,
    [
      edition,
      all.map(({ person }) => person),
      all.map(({ record }) => record),
      all.map(({ sequence }) => sequence),
      all.map(({ place }) => place),
      all.map(({ at }) => at),
      all.map(({ hasEnded }) => hasEnded),
      all.map(({ organisations }) => organisations.join(',')),
    ],
  );
}

/** Of each person what their newest record says that says anything; nothing where none does. */
function byPerson(registrations: Registrations): Map<string, string[]> {
  const people = Map.groupBy(registrations.values(), ({ person }) => person);
  return new Map(
    [...people].map(([person, all]) => [
      person,
      all
        .filter(({ hasEnded, organisations }) => !hasEnded && organisations.length > 0)
        .reduce<Registration | null>((found, one) => (isNewer(one, found) ? one : found), null)
        ?.organisations ?? [],
    ]),
  );
}

function isNewer(one: Registration, other: Registration | null): boolean {
  if (other === null) return true;
  const [at, before] = [one.at ?? -Infinity, other.at ?? -Infinity];
  return at > before || (at === before && one.place > other.place);
}
