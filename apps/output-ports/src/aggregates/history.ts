import type { PoolClient } from 'pg';

import type { Counting } from './question.js';
import type { Cell, Told } from './small-numbers.js';

/** A cell as it was decided, with everything that was ever told of it: what was told stays told. */
export type Entry = Cell & {
  /** Told at once with the count, and kept as long as it is. */
  mean: number | null;
  /** How the data stood that it was told of. */
  asOf: string | null;
  /** Neither told nor shown: that it is not empty would tell something. */
  isVeiled: boolean;
  ever: { value: number; people: number }[];
};

/** A table that was decided before. */
export type Before = { key: string; counting: Counting; cells: Map<string, Entry> };

/** The key of a cell's place, for maps. */
export const keyOf = (place: readonly (string | null)[]): string => JSON.stringify(place);

/** One counting has one key. */
export const canonical = ({ unit, by, where, stated }: Counting): string =>
  JSON.stringify([unit, by, where, stated]);

/** What an organisation was told of a product, through whichever grant. */
export type History = {
  readonly before: readonly Before[];
  write(counting: Counting, cells: readonly Entry[]): Promise<void>;
};

type Whose = { organisation: string; grantId: string; product: string; major: number };

/** As it was written before tables were decided as a whole: the count alone, and what was last told. */
type Kept = Pick<Entry, 'count' | 'told'> & { key: string } & Partial<Omit<Entry, 'place'>>;

/** The history as the database has it, read once and added to. */
export async function historyOf(client: PoolClient, whose: Whose): Promise<History> {
  const { organisation, grantId, product, major } = whose;
  const { rows } = await client.query<{ counting: Counting; cells: Kept[] }>(
    `SELECT counting, cells FROM told WHERE organisation = $1 AND product = $2 ORDER BY major = $3, at`,
    [organisation, product, major],
  );
  // Of a table decided for several majors the view's own, and then the newest, is the one that counts; all was told.
  const before = new Map<string, Before>();
  for (const { counting, cells } of rows) {
    const key = canonical(counting);
    before.set(key, merged(before.get(key), { key, counting, cells: entriesOf(cells) }));
  }
  return {
    get before() {
      return [...before.values()];
    },
    async write(counting, cells) {
      const key = canonical(counting);
      const entries = new Map(cells.map((cell) => [keyOf(cell.place), cell]));
      before.set(key, { key, counting, cells: entries });
      const kept = [...entries].map(([place, { place: _, ...cell }]) => ({ key: place, ...cell }));
      await client.query(
        `INSERT INTO told (organisation, product, major, key, counting, cells, grant_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organisation, product, major, key) DO UPDATE SET cells = excluded.cells, at = now(), grant_id = excluded.grant_id`,
        [
          ...[organisation, product, major, key],
          ...[JSON.stringify(counting), JSON.stringify(kept), grantId],
        ],
      );
    },
  };
}

function merged(earlier: Before | undefined, later: Before): Before {
  if (earlier === undefined) return later;
  const cells = new Map(earlier.cells);
  for (const [key, cell] of later.cells) {
    cells.set(key, { ...cell, ever: [...(cells.get(key)?.ever ?? []), ...cell.ever] });
  }
  return { ...later, cells };
}

const entriesOf = (cells: readonly Kept[]): Map<string, Entry> =>
  new Map(
    cells.map(({ key, count, told, people = count, ...more }) => [
      key,
      {
        ...{ mean: null, asOf: null, isVeiled: false, ever: everOf(told, people), ...more },
        ...{ place: JSON.parse(key) as Entry['place'], count, people, told },
      },
    ]),
  );

/** Zero tells of nobody. */
export const everOf = ({ value }: Told, people: number): Entry['ever'] =>
  value === null || value === 0 ? [] : [{ value, people }];
