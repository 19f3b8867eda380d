import type { CareOrganisationFields } from '@caremesh/contract';
import { UNKNOWN_REVISION } from '@caremesh/product';
import type { ClientBase } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';

/**
 * What one record says of who cares for its person. `at`: when its source says so, in milliseconds, null if it does not say when;
 * `place`: where in the person's sequence it was said first with whom they are registered. One that has ended says nothing, until it
 * is told again.
 */
type Statement = {
  person: string;
  record: string;
  sequence: number;
  place: number;
  at: number | null;
  hasEnded: boolean;
  registered: string[];
  referred: string[];
};
/** By the keys of person and record. */
type Statements = Map<string, Statement>;
/** As a record says it; a bare tombstone says no place in the sequence and ends whatever is held. */
type Said = Statement & { isBare: boolean };

/** By person, who cares for them: before this batch, of those something was known of, and after it. */
export type CaredFor = {
  before: ReadonlyMap<string, string[]>;
  after: ReadonlyMap<string, string[]>;
};

/**
 * Who cares for the people of a batch, and what the batch changes of that, written down in its transaction. Somebody is registered with one
 * practice at a time: what their newest record says that says any, by the time of its source. By the publisher's sequence it would be what was
 * told last: a dissent that is withdrawn and a merge have all records told anew, in the order of their keys. A referral does not end
 * the one before it: somebody is with a provider as long as any record of theirs names it.
 * @param fields of the product, which name where somebody is registered and to whom they were referred
 */
export async function caredFor(
  client: ClientBase,
  edition: string,
  records: readonly ProductReceived[],
  fields: CareOrganisationFields,
): Promise<CaredFor> {
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
  { registered, referred }: CareOrganisationFields,
): Said {
  const { sequence, revision } = envelope;
  const named = (fields: readonly string[]): string[] =>
    fields
      .map((name) => (value as Record<string, unknown> | null)?.[name])
      .filter((ods) => typeof ods === 'string');
  return {
    ...{ person: key.person, record: key.record, sequence, place: sequence },
    at: value?.sourceSystemUpdatedAt ?? null,
    hasEnded: value === null || change === 'merged',
    ...{ registered: named(registered), referred: named(referred) },
    isBare: revision === UNKNOWN_REVISION,
  };
}

/** What was said before is not said again, and an end holds against what was said with it. */
function next(held: Statement | undefined, { isBare, ...one }: Said): Statement {
  if (held === undefined) return one;
  if (isBare) return { ...held, hasEnded: true };
  const isNews = one.sequence > held.sequence || (one.sequence === held.sequence && one.hasEnded);
  if (!isNews) return held;
  if (one.hasEnded) return { ...held, sequence: one.sequence, hasEnded: true };
  const { at, place, registered } = held;
  // Who no longer says where somebody is registered does not say that they left.
  if (one.registered.length === 0 && !held.hasEnded) return { ...one, at, place, registered };
  const isAsBefore = one.at === at && one.registered.join() === registered.join();
  return isAsBefore ? { ...one, place } : one;
}

const keyOf = (person: string, record: string): string => `${person}.${record}`;

/** What is held of these people's records, until the transaction ends; in the order of their keys, so that no two batches deadlock. */
async function heldOf(
  client: ClientBase,
  edition: string,
  people: readonly string[],
): Promise<Statements> {
  const { rows } = await client.query<Row>(
    `SELECT source_person AS person, source_record AS record, sequence, place, stated_at AS at,
       has_ended AS "hasEnded", registered, referred
     FROM care_record WHERE edition = $1 AND source_person = ANY($2)
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
type Row = Omit<Statement, 'sequence' | 'place' | 'at'> & {
  sequence: string;
  place: string;
  at: string | null;
};

/** Writes down what is known now. An older statement of a record never takes the place of a newer one. */
async function keep(client: ClientBase, edition: string, changed: Statements): Promise<void> {
  if (changed.size === 0) return;
  const all = [...changed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  await client.query(
    `INSERT INTO care_record AS held
       (edition, source_person, source_record, sequence, place, stated_at, has_ended, registered, referred)
     SELECT $1, person, record, sequence, place, at, ended, string_to_array(registered, ','), string_to_array(referred, ',')
     FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[], $8::text[], $9::text[])
       AS said (person, record, sequence, place, at, ended, registered, referred)
     ON CONFLICT (edition, source_person, source_record) DO UPDATE
     SET sequence = excluded.sequence, place = excluded.place, stated_at = excluded.stated_at,
       has_ended = excluded.has_ended, registered = excluded.registered, referred = excluded.referred
     WHERE held.sequence <= excluded.sequence`,
    [
      edition,
      all.map(({ person }) => person),
      all.map(({ record }) => record),
      all.map(({ sequence }) => sequence),
      all.map(({ place }) => place),
      all.map(({ at }) => at),
      all.map(({ hasEnded }) => hasEnded),
      all.map(({ registered }) => registered.join(',')),
      all.map(({ referred }) => referred.join(',')),
    ],
  );
}

function byPerson(statements: Statements): Map<string, string[]> {
  const people = Map.groupBy(statements.values(), ({ person }) => person);
  return new Map([...people].map(([person, all]) => [person, organisationsOf(all)]));
}

/** With whom somebody is registered by what their newest record says that says any, and to whom any of them was referred. */
function organisationsOf(all: readonly Statement[]): string[] {
  const standing = all.filter(({ hasEnded }) => !hasEnded);
  const [newest] = standing.filter(({ registered }) => registered.length > 0).sort(newestFirst);
  return [...new Set([...(newest?.registered ?? []), ...standing.flatMap((one) => one.referred)])];
}

/** One without a time comes behind all that have one. */
const newestFirst = (one: Statement, other: Statement): number =>
  (other.at ?? -1) - (one.at ?? -1) || other.place - one.place;
