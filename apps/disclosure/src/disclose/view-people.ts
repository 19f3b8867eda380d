import { plainArray } from '@caremesh/product';
import type { ClientBase } from 'pg';

import { ByView } from './by-view.js';

/** A person of a view: the recipient's pseudonym, and the last sequence number given out. */
export type ViewPerson = { pseudonym: string; sequence: number };

/** How many numbers a person of a view needs, and the pseudonym where the records tell who it is. */
export type Wanted = {
  viewId: number;
  person: string;
  pseudonym: string | null;
  count: number;
};

type Row = [viewId: number, person: string, pseudonym: string, sequence: string];

/** Of each view its people, by their keys at the publisher. */
export class ViewPeople {
  readonly #found = new ByView<ViewPerson>();

  constructor(rows: readonly Row[], wanted: readonly Wanted[]) {
    const counts = new ByView<number>();
    for (const { viewId, person, count } of wanted) counts.set(viewId, person, count);
    for (const [viewId, person, pseudonym, sequence] of rows) {
      const before = Number(sequence) - (counts.get(viewId, person) ?? 0);
      this.#found.set(viewId, person, { pseudonym, sequence: before });
    }
  }

  of(viewId: number, person: string): ViewPerson | undefined {
    return this.#found.get(viewId, person);
  }
}

/**
 * Reserves sequence numbers for people of views, all views in one statement. What comes back is each person with the
 * number before the first reserved one. People who are neither told nor known are left out. Nobody may occur twice.
 */
export async function reserve(client: ClientBase, wanted: readonly Wanted[]): Promise<ViewPeople> {
  const people = [...wanted].sort(byViewAndPerson);
  const told = people.filter(({ pseudonym }) => pseudonym !== null);
  const untold = people.filter(({ pseudonym }) => pseudonym === null);
  const rows = [...(await reserveTold(client, told)), ...(await reserveKnown(client, untold))];
  return new ViewPeople(rows, wanted);
}

async function reserveTold(client: ClientBase, people: readonly Wanted[]): Promise<Row[]> {
  if (people.length === 0) return [];
  const { rows } = await client.query<Row>({
    name: 'view-reserve',
    rowMode: 'array',
    text: `INSERT INTO view_person (view_id, source_person, pseudonym, sequence)
     SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[]) AS w (view, person, pseudonym, more)
     ORDER BY view, person
     ON CONFLICT (view_id, source_person) DO UPDATE SET sequence = view_person.sequence + excluded.sequence
     RETURNING view_id, source_person, pseudonym, sequence`,
    values: [
      ...placesOf(people),
      plainArray(people.map(({ pseudonym }) => pseudonym)),
      plainArray(people.map(({ count }) => count)),
    ],
  });
  return rows;
}

async function reserveKnown(client: ClientBase, people: readonly Wanted[]): Promise<Row[]> {
  if (people.length === 0) return [];
  const { rows } = await client.query<Row>({
    name: 'view-reserve-known',
    rowMode: 'array',
    // Looked up one by one, see view-state; who is not there is not inserted.
    text: `INSERT INTO view_person (view_id, source_person, pseudonym, sequence)
     SELECT view, person, held.pseudonym, more
     FROM unnest($1::int[], $2::text[], $3::bigint[]) AS known (view, person, more)
     CROSS JOIN LATERAL (SELECT pseudonym FROM view_person
       WHERE view_id = view AND source_person = person LIMIT 1) AS held
     ON CONFLICT (view_id, source_person) DO UPDATE SET sequence = view_person.sequence + excluded.sequence
     RETURNING view_id, source_person, pseudonym, sequence`,
    values: [...placesOf(people), plainArray(people.map(({ count }) => count))],
  });
  return rows;
}

/** Pseudonyms of people the views know already; `sequence` is the last number given out. */
export async function peopleOf(
  client: ClientBase,
  wanted: readonly Pick<Wanted, 'viewId' | 'person'>[],
): Promise<ViewPeople> {
  if (wanted.length === 0) return new ViewPeople([], []);
  const { rows } = await client.query<Row>({
    name: 'view-people',
    rowMode: 'array',
    text: `SELECT view, person, pseudonym, sequence
     FROM unnest($1::int[], $2::text[]) AS wanted (view, person)
     CROSS JOIN LATERAL (SELECT pseudonym, sequence FROM view_person
       WHERE view_id = view AND source_person = person LIMIT 1) AS held`,
    values: placesOf(wanted),
  });
  return new ViewPeople(rows, []);
}

const placesOf = (
  people: readonly Pick<Wanted, 'viewId' | 'person'>[],
): [views: string, people: string] => [
  plainArray(people.map(({ viewId }) => viewId)),
  plainArray(people.map(({ person }) => person)),
];

const byViewAndPerson = (a: Wanted, b: Wanted): number =>
  a.viewId - b.viewId || (a.person < b.person ? -1 : a.person > b.person ? 1 : 0);
