import { atOnce } from '@caremesh/platform';
import type { Statement } from '@caremesh/platform';
import type { Client } from 'pg';

import { byteaArray, plainArray } from '../outbox/arrays.js';
import type { Left } from './left.js';
import { aliasesIn, namedIn } from './model.js';
import type { KeyedChange, KeyedStanding, PersonState, RecordState, ToldMerge } from './model.js';
import { isRestricted, outOf } from './standing.js';
import type { Standing } from './standing.js';
import { MERGES_OF, mergeFrom, mergeStatement } from './told-merges.js';
import type { MergeRow } from './told-merges.js';
import { mergeName, World } from './world.js';

type PersonRow = [
  person: string,
  sequence: string,
  into: string | null,
  survivor: PersonState['survivor'],
  choices: Standing['choices'],
  restriction: Standing['restriction'],
];
type KeptRow = { id: string; record: string; keeper: string | null };
type KeeperRow = [id: string, record: string, keeper: string | null];
type RecordRow = [
  record: string,
  product: string,
  person: string,
  revision: number,
  retracted: boolean,
  at: string | null,
  schemaId: number,
  content: Buffer,
  expired: boolean,
  closed: boolean,
];

const PERSONS = {
  name: 'state-persons',
  rowMode: 'array' as const,
  text: `SELECT person, sequence, merged_into, survivor, choices, restriction FROM person WHERE person = ANY($1::text[])`,
};
const RECORD_COLUMNS =
  'record, product, person, revision, retracted, at, schema_id, content, kept_from IS NULL, closed';
const RECORDS = {
  name: 'state-records',
  rowMode: 'array' as const,
  text: `SELECT ${RECORD_COLUMNS} FROM record WHERE record = ANY($1::text[])`,
};
const KEEPERS = {
  name: 'state-keepers',
  rowMode: 'array' as const,
  text: `SELECT id, record, keeper FROM record_keeper WHERE id = ANY($1::text[])`,
};
const RECORDS_OF = {
  name: 'state-records-of',
  rowMode: 'array' as const,
  text: `SELECT ${RECORD_COLUMNS} FROM record WHERE person = ANY($1::text[])`,
};

/**
 * Reads what a batch of changes concerns: its people and those they were merged into, its records and whose
 * they are, and everything of people who are to be merged. Almost always two statements in one round trip. Of what a
 * batch on its way leaves (`left`), that is taken and not what is stored.
 */
export async function loadWorld(
  client: Client,
  changes: readonly KeyedChange[],
  left?: Left,
): Promise<World> {
  const world = new World();
  const loader = new Loader(client, world, left);
  for (const change of changes) loader.want(change);
  await loader.load();
  // Only now it is known whether a local identifier stands for a person of its own, who must be merged.
  for (const change of changes) loader.wantMerged(change);
  await loader.load();
  for (const change of changes) loader.wantBesides(change);
  await loader.load();
  world.shorten();
  return world;
}

class Loader {
  readonly #persons = new Set<string>();
  readonly #records = new Set<string>();
  readonly #recordsOf = new Set<string>();
  readonly #mergesOf = new Set<string>();
  readonly #keepers = new Set<string>();
  readonly #asked = new Set<string>();
  #standing = false;
  #merging = false;

  constructor(
    private readonly client: Client,
    private readonly world: World,
    private readonly left: Left | undefined,
  ) {}

  want(change: KeyedChange): void {
    if (change.change === 'merge') {
      this.#merging = true;
      for (const key of namedIn(change)) this.#persons.add(key);
      return;
    }
    if (change.change === 'choice') this.#standing = true;
    else if (change.change === 'restriction') this.#standing ||= change.restricted;
    else this.#records.add(change.record);
    if (change.change === 'expire') return;
    if ('kept' in change && change.kept) this.#keepers.add(change.kept.id);
    if (change.person !== null) this.#persons.add(change.person);
    for (const key of aliasesIn(change)) this.#persons.add(key);
  }

  wantMerged(change: KeyedChange): void {
    if (change.change === 'merge') {
      for (const key of namedIn(change)) this.#wantAllOf(this.world.survivorOf(key).person);
      return;
    }
    if (change.change === 'expire') {
      const held = this.world.records.get(change.record);
      if (held) this.#mergesOf.add(held.person);
      return;
    }
    if (this.#mayStandOtherwise(change) && change.person !== null)
      this.#wantAllOf(this.world.survivorOf(change.person).person);
    if (change.person === null) return;
    const aliases = aliasesIn(change);
    // Whoever is named by local identifiers alone may become somebody else by what another change of the batch says of one of them.
    if (aliases.length > 0 && 'ref' in change && change.ref?.nhsNumber === null)
      this.#wantAllOf(this.world.survivorOf(change.person).person);
    for (const key of aliases) this.#wantKnownAs(key, change.person);
  }

  /** All of whoever a further identifier stands for without an NHS number, who becomes the person or whom the person becomes. */
  #wantKnownAs(key: string, named: string): void {
    const person = this.world.survivorOf(named);
    const other = this.world.survivorOf(key);
    const state = this.world.persons.get(other.person);
    const isNumbered = other.ref !== null && other.ref.nhsNumber !== null;
    if (state?.before && !isNumbered) this.#wantAllOf(other.person);
    // Whoever is named without a number may become the one that is known here, and how they stand, before or within this batch, with
    // them; or who is known here ends by a merge of this batch.
    const own = this.world.persons.get(person.person);
    const standsOtherwise = this.#standing || own?.choices || own?.restriction;
    if (isNumbered && (standsOtherwise || this.#merging)) this.#wantAllOf(other.person);
    // How the one stands, before or within this batch, holds for all that is held of the other; and a merge of this batch
    // that names the local identifier is then about the person it stands for.
    if (this.#standing || this.#merging || isNumbered || state?.choices || state?.restriction) {
      this.#wantAllOf(person.person);
    }
  }

  /** What was told of a merge ends with the survivor's last record: nearly nobody was merged, and of them alone the others are read. */
  wantBesides(change: KeyedChange): void {
    if (change.change !== 'expire') return;
    const held = this.world.records.get(change.record);
    if (held && this.world.mergesOf(held.person).length > 0) this.#wantAllOf(held.person);
  }

  /** Nearly everybody is said not to be restricted, and never was: of them nothing need be read. */
  #mayStandOtherwise(change: KeyedChange): change is KeyedStanding {
    if (change.change === 'choice') return true;
    if (change.change !== 'restriction') return false;
    const named = [change.person, ...aliasesIn(change)];
    return (
      change.restricted ||
      named.some((key) => {
        const state = this.world.persons.get(this.world.survivorOf(key).person);
        return state !== undefined && isRestricted(state);
      })
    );
  }

  async load(): Promise<void> {
    const wanted = [this.#persons, this.#records, this.#recordsOf, this.#mergesOf, this.#keepers];
    while (wanted.some(({ size }) => size > 0)) {
      for (const person of this.#recordsOf) this.#mergesOf.add(person);
      if (this.left) this.#takeLeft(this.left);
      const [persons, records, recordsOf, mergesOf, keepers] = wanted.map(take);
      const asked = [
        {
          ...PERSONS,
          names: persons!,
          keep: (row: unknown[]) => this.#keepPerson(row as PersonRow),
        },
        {
          ...RECORDS,
          names: records!,
          keep: (row: unknown[]) => this.#keepRecord(row as RecordRow),
        },
        {
          ...RECORDS_OF,
          names: recordsOf!,
          keep: (row: unknown[]) => this.#keepRecord(row as RecordRow),
        },
        {
          ...MERGES_OF,
          names: mergesOf!,
          keep: (row: unknown[]) => this.#keepMerge(mergeFrom(row as MergeRow)),
        },
        {
          ...KEEPERS,
          names: keepers!,
          keep: (row: unknown[]) => this.#keepKeeper(row as KeeperRow),
        },
      ].filter(({ names }) => names.length > 0);
      const found = await atOnce(
        this.client,
        asked.map(({ names, ...statement }) => ({ ...statement, values: [plainArray(names)] })),
      );
      for (const name of persons!) this.#asked.add(name);
      for (const [at, { keep }] of asked.entries()) for (const row of found[at]!) keep(row);
    }
  }

  /** What the batch before leaves is known without asking; what leads on from it is wanted in turn. */
  #takeLeft(left: Left): void {
    for (const person of this.#recordsOf)
      for (const state of left.recordsOf(person)) this.#holdRecord(state);
    for (const person of this.#mergesOf)
      for (const merge of left.mergesOf(person)) this.#holdMerge(merge);
    for (const id of this.#keepers)
      for (const [record, keeper] of left.keepersOf(id)) this.#keepKeeper([id, record, keeper]);
    for (const key of this.#records) {
      const state = left.record(key);
      if (state && this.#records.delete(key)) this.#holdRecord(state);
    }
    // People last: records want whose they are.
    for (const key of this.#persons) {
      const state = left.person(key);
      if (state && this.#persons.delete(key)) this.#holdPerson(state);
    }
  }

  #keepPerson([person, sequenceText, mergedInto, survivor, choices, restriction]: PersonRow): void {
    const sequence = Number(sequenceText);
    this.#holdPerson({
      ...{ person, sequence, mergedInto, survivor, choices, restriction },
      out: outOf({ choices, restriction }),
      before: { sequence, mergedInto, survivor },
    });
  }

  #holdPerson(state: PersonState): void {
    if (this.world.persons.has(state.person)) return;
    this.world.persons.set(state.person, state);
    if (state.mergedInto !== null) this.#wantPerson(state.mergedInto);
  }

  #keepRecord([
    record,
    product,
    person,
    revision,
    retracted,
    at,
    schemaId,
    content,
    expired,
    closed,
  ]: RecordRow): void {
    const time = at === null ? null : Number(at);
    const stored = {
      ...{ record, product, person, revision, retracted, expired, closed, schemaId, content },
      at: time,
      before: { revision, at: time },
    };
    this.#holdRecord(this.left?.record(record) ?? stored);
  }

  #holdRecord(state: RecordState): void {
    if (this.world.records.has(state.record)) return;
    this.world.records.set(state.record, state);
    this.#wantPerson(state.person);
  }

  #keepMerge(merge: ToldMerge): void {
    this.#holdMerge(this.left?.merge(mergeName(merge)) ?? merge);
  }

  #holdMerge(merge: ToldMerge): void {
    if (this.world.merges.has(mergeName(merge))) return;
    this.world.merges.set(mergeName(merge), merge);
    this.#wantPerson(merge.person);
  }

  #keepKeeper([id, record, keeper]: KeeperRow): void {
    const known = this.world.keepers.get(id) ?? new Map<string, string | null>();
    // Said by the batch before, and perhaps not stored yet: that is asked first, and stays.
    if (!known.has(record)) this.world.keepers.set(id, known.set(record, keeper));
    if (!this.world.records.has(record)) this.#records.add(record);
  }

  #wantPerson(person: string): void {
    if (!this.#asked.has(person) && !this.world.persons.has(person)) this.#persons.add(person);
  }

  #wantAllOf(person: string): void {
    const name = `all ${person}`;
    if (this.#asked.has(name)) return;
    this.#asked.add(name);
    this.#recordsOf.add(person);
  }
}

function take(set: Set<string>): string[] {
  const all = [...set];
  set.clear();
  return all;
}

/**
 * What must be written so that the database is as the batch left the world. Each statement fails with
 * 40001 if another transaction changed a row since it was read: then nothing is written and the batch is
 * tried again on what is there now. The people come first: their rows stay locked until commit.
 */
export function worldStatements(world: World): Statement[] {
  const persons = [...world.changedPersons].sort((a, b) => (a.person < b.person ? -1 : 1));
  const records = [...world.changedRecords].sort((a, b) => (a.record < b.record ? -1 : 1));
  const touched = [...world.touchedRecords]
    .filter((record) => !world.changedRecords.has(record))
    .sort((a, b) => (a.record < b.record ? -1 : 1));
  return [
    ...personStatements(
      persons.filter(({ before }) => before !== null),
      true,
    ),
    ...personStatements(
      persons.filter(({ before }) => before === null),
      false,
    ),
    ...recordStatements(
      records.filter(({ before }) => before !== null),
      true,
    ),
    ...recordStatements(
      records.filter(({ before }) => before === null),
      false,
    ),
    ...(touched.length > 0 ? [touchStatement(touched)] : []),
    ...(world.newStandings.size > 0 ? [standingStatement([...world.newStandings])] : []),
    ...(world.changedMerges.size > 0 ? [mergeStatement([...world.changedMerges])] : []),
    ...(world.newKeepers.size > 0 ? [keeperStatement([...world.newKeepers.values()])] : []),
  ];
}

function personStatements(persons: PersonState[], known: boolean): Statement[] {
  if (persons.length === 0) return [];
  const simple = persons.every(
    ({ mergedInto, survivor, before }) =>
      mergedInto === (before?.mergedInto ?? null) && survivor === (before?.survivor ?? null),
  );
  const values = [
    plainArray(persons.map(({ person }) => person)),
    plainArray(persons.map(({ sequence }) => sequence)),
  ];
  if (!known && simple) return [{ ...NEW_PERSONS, values }];
  const into = plainArray(persons.map(({ mergedInto }) => mergedInto));
  const survivors = persons.map(({ survivor }) => (survivor ? JSON.stringify(survivor) : null));
  if (!known) return [{ ...NEW_MERGED_PERSONS, values: [...values, into, survivors] }];
  const before = plainArray(persons.map((person) => person.before!.sequence));
  const intoBefore = plainArray(persons.map((person) => person.before!.mergedInto));
  return simple
    ? [{ ...MOVED_PERSONS, values: [...values, before, intoBefore] }]
    : [{ ...MERGED_PERSONS, values: [...values, before, intoBefore, into, survivors] }];
}

const NEW_PERSONS = {
  name: 'state-new-persons',
  text: `WITH w AS (
    INSERT INTO person (person, sequence)
    SELECT * FROM unnest($1::text[], $2::int8[]) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
};
const NEW_MERGED_PERSONS = {
  name: 'state-new-merged-persons',
  text: `WITH w AS (
    INSERT INTO person (person, sequence, merged_into, survivor)
    SELECT * FROM unnest($1::text[], $2::int8[], $3::text[], $4::jsonb[]) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
};
const MOVED_PERSONS = {
  name: 'state-moved-persons',
  text: `WITH w AS (
    UPDATE person p SET sequence = u.sequence
    FROM unnest($1::text[], $2::int8[], $3::int8[], $4::text[]) AS u(person, sequence, before, into_before)
    WHERE p.person = u.person AND p.sequence = u.before AND p.merged_into IS NOT DISTINCT FROM u.into_before
    RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
};
const MERGED_PERSONS = {
  name: 'state-merged-persons',
  text: `WITH w AS (
    UPDATE person p SET sequence = u.sequence, merged_into = u.into_now, survivor = u.survivor
    FROM unnest($1::text[], $2::int8[], $3::int8[], $4::text[], $5::text[], $6::jsonb[])
      AS u(person, sequence, before, into_before, into_now, survivor)
    WHERE p.person = u.person AND p.sequence = u.before AND p.merged_into IS NOT DISTINCT FROM u.into_before
    RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
};
const NEW_RECORDS = {
  name: 'state-new-records',
  text: `WITH w AS (
    INSERT INTO record (record, product, person, revision, retracted, at, schema_id, content, closed)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::bool[], $6::int8[], $7::int4[], $8::bytea[], $9::bool[])
    ON CONFLICT DO NOTHING RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
};
const CHANGED_RECORDS = {
  name: 'state-changed-records',
  text: `WITH w AS (
    UPDATE record r SET person = u.person, revision = u.revision, retracted = u.retracted, at = u.at,
      schema_id = u.schema_id, content = u.content, closed = u.closed, kept_from = CASE WHEN u.expired THEN NULL ELSE now() END
    FROM unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::bool[], $6::int8[], $7::int4[], $8::bytea[], $9::bool[], $10::int4[], $11::int8[], $12::bool[])
      AS u(record, product, person, revision, retracted, at, schema_id, content, closed, before, at_before, expired)
    WHERE r.record = u.record AND r.revision = u.before AND r.at IS NOT DISTINCT FROM u.at_before
    RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
};

function recordStatements(records: RecordState[], known: boolean): Statement[] {
  if (records.length === 0) return [];
  const values = [
    plainArray(records.map(({ record }) => record)),
    plainArray(records.map(({ product }) => product)),
    plainArray(records.map(({ person }) => person)),
    plainArray(records.map(({ revision }) => revision)),
    plainArray(records.map(({ retracted }) => retracted)),
    plainArray(records.map(({ at }) => at)),
    plainArray(records.map(({ schemaId }) => schemaId)),
    byteaArray(records.map(({ content }) => content)),
    plainArray(records.map(({ closed }) => closed)),
  ];
  if (!known) return [{ ...NEW_RECORDS, values }];
  const before = plainArray(records.map((record) => record.before!.revision));
  // The time too: another process may have learnt meanwhile that what is held was still true later than this change.
  const atBefore = plainArray(records.map((record) => record.before!.at));
  const expired = plainArray(records.map((record) => record.expired));
  return [{ ...CHANGED_RECORDS, values: [...values, before, atBefore, expired] }];
}

/** Comes behind the people themselves: their rows are locked by then. */
function standingStatement(persons: PersonState[]): Statement {
  return {
    name: 'state-standings',
    text: `WITH w AS (
      UPDATE person p SET choices = u.choices, restriction = u.restriction
      FROM unnest($1::text[], $2::jsonb[], $3::jsonb[]) AS u(person, choices, restriction) WHERE p.person = u.person RETURNING 1)
      SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
    values: [
      plainArray(persons.map(({ person }) => person)),
      persons.map(({ choices }) => jsonOf(choices)),
      persons.map(({ restriction }) => jsonOf(restriction)),
    ],
  };
}

const jsonOf = (value: object | null): string | null =>
  value === null ? null : JSON.stringify(value);

/** What is held is true later too; of what another transaction put in its place meanwhile nothing of that was said. */
function touchStatement(records: RecordState[]): Statement {
  return {
    name: 'state-touched-records',
    text: `WITH w AS (
      UPDATE record r SET at = greatest(r.at, u.at) FROM unnest($1::text[], $2::int8[], $3::int4[]) AS u(record, at, before)
      WHERE r.record = u.record AND r.revision = u.before RETURNING 1)
      SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::text[]))`,
    values: [
      plainArray(records.map(({ record }) => record)),
      plainArray(records.map(({ at }) => at)),
      plainArray(records.map(({ before }) => before!.revision)),
    ],
  };
}

function keeperStatement(kept: KeptRow[]): Statement {
  const rows = kept.sort((a, b) => (a.id + a.record < b.id + b.record ? -1 : 1));
  return {
    name: 'state-keepers-written',
    text: `INSERT INTO record_keeper (id, record, keeper)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
           ON CONFLICT (id, record) DO UPDATE SET keeper = coalesce(EXCLUDED.keeper, record_keeper.keeper)`,
    values: [
      plainArray(rows.map(({ id }) => id)),
      plainArray(rows.map(({ record }) => record)),
      plainArray(rows.map(({ keeper }) => keeper)),
    ],
  };
}
