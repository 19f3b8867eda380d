import type { ClientBase } from 'pg';

/** The organisations that the newest statement about a person names, and that statement's place in their sequence. */
export type Standing = { sequence: number; organisations: string[] };
/** By the person's key at the publisher. */
export type Standings = Map<string, Standing>;

/** What is known of these people, held until the transaction ends; in the order of their keys, so that no two batches deadlock. */
export async function standingsOf(
  client: ClientBase,
  edition: string,
  people: readonly string[],
): Promise<Standings> {
  const { rows } = await client.query<{
    person: string;
    sequence: string;
    organisations: string[];
  }>(
    `SELECT source_person AS person, sequence, organisations FROM care_person
     WHERE edition = $1 AND source_person = ANY($2) ORDER BY source_person FOR UPDATE`,
    [edition, people],
  );
  return new Map(
    rows.map(({ person, sequence, organisations }) => [
      person,
      { sequence: Number(sequence), organisations },
    ]),
  );
}

/** Writes down what is known now. An older statement never takes the place of a newer one. */
export async function keepStandings(
  client: ClientBase,
  edition: string,
  standings: Standings,
): Promise<void> {
  if (standings.size === 0) return;
  const people = [...standings].sort(([a], [b]) => (a < b ? -1 : 1));
  await client.query(
    `INSERT INTO care_person AS held (edition, source_person, sequence, organisations)
     SELECT $1, person, sequence, string_to_array(named, ',')
     FROM unnest($2::text[], $3::bigint[], $4::text[]) AS said (person, sequence, named)
     ON CONFLICT (edition, source_person) DO UPDATE
     SET sequence = excluded.sequence, organisations = excluded.organisations
     WHERE held.sequence <= excluded.sequence`,
    [
      edition,
      people.map(([person]) => person),
      people.map(([, { sequence }]) => sequence),
      people.map(([, { organisations }]) => organisations.join(',')),
    ],
  );
}
