import pg from 'pg';
import type { PoolClient } from 'pg';

import { qualified } from '../live/live-set.js';
import type { LiveTable } from '../live/live-set.js';
import { keyOf } from './differencing.js';
import type { Earlier } from './differencing.js';
import type { Condition, Counting } from './question.js';

const { escapeIdentifier: name } = pg;

/** A cell as it is counted: records and people. */
export type Counted = { place: (string | null)[]; records: number; people: number };

/** Retracted and merged records carry ids only: they are no cases. */
const CASES = `change_type IN ('CREATED', 'UPDATED')`;

/** Values of a statement, numbered as they are used. */
class Values {
  readonly list: unknown[] = [];
  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

/** The cells of a counting, as the table stands in the transaction at hand. */
export async function countCells(
  client: PoolClient,
  table: LiveTable,
  counting: Counting,
): Promise<Counted[]> {
  const values = new Values();
  const place = placeOf(counting.by);
  const { rows } = await client.query<{
    place: (string | null)[];
    records: string;
    people: string;
  }>(
    `SELECT ${place} AS place, count(*) AS records, count(DISTINCT person) AS people
       FROM ${placeOfTable(table)} WHERE ${CASES} AND ${meets(counting, values)} GROUP BY 1 ORDER BY 1`,
    values.list,
  );
  return rows.map(({ place, records, people }) => ({
    place,
    records: Number(records),
    people: Number(people),
  }));
}

/** The mean of a column in each cell of a counting. */
export async function meansOf(
  client: PoolClient,
  table: LiveTable,
  counting: Counting,
  column: string,
): Promise<Map<string, number>> {
  const values = new Values();
  const { rows } = await client.query<{ place: (string | null)[]; mean: number }>(
    `SELECT ${placeOf(counting.by)} AS place, avg(${name(column)})::double precision AS mean
       FROM ${placeOfTable(table)} WHERE ${CASES} AND ${meets(counting, values)} GROUP BY 1`,
    values.list,
  );
  return new Map(rows.map(({ place, mean }) => [keyOf(place), mean]));
}

/** How an earlier counting's cells would stand now, and how many of each a cell of the present one counts too. */
export async function besideEarlier(
  client: PoolClient,
  table: LiveTable,
  now: Counting,
  before: { counting: Counting; told: ReadonlySet<string> },
): Promise<Earlier> {
  const cells = await countCells(client, table, before.counting);
  const values = new Values();
  const counted = now.unit === 'people' ? 'count(DISTINCT person)' : 'count(*)';
  const { rows } = await client.query<{
    old: (string | null)[];
    now: (string | null)[];
    common: string;
  }>(
    `SELECT ${placeOf(before.counting.by)} AS old, ${placeOf(now.by)} AS now, ${counted} AS common
       FROM ${placeOfTable(table)}
      WHERE ${CASES} AND ${meets(before.counting, values)} AND ${meets(now, values)} GROUP BY 1, 2`,
    values.list,
  );
  const common = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const old = keyOf(row.old);
    common.set(old, (common.get(old) ?? new Map()).set(keyOf(row.now), Number(row.common)));
  }
  return {
    cells: cells
      .filter(({ place }) => before.told.has(keyOf(place)))
      .map(({ place, ...counts }) => ({
        key: keyOf(place),
        count: counts[now.unit],
        common: common.get(keyOf(place)) ?? new Map(),
      })),
  };
}

const placeOfTable = ({ schemaName, tableName }: LiveTable): string =>
  qualified(schemaName, tableName);

const placeOf = (by: readonly string[]): string =>
  `ARRAY[${by.map((column) => `${name(column)}::text`).join(', ')}]::text[]`;

function meets({ where, stated }: Counting, values: Values): string {
  const all = where.map((one) => isOneOf(one, values));
  if (stated !== null) all.push(`${name(stated)} IS NOT NULL`);
  return all.length === 0 ? 'true' : all.join(' AND ');
}

function isOneOf({ column, values: allowed }: Condition[number], values: Values): string {
  const stated = allowed.filter((one) => one !== null);
  const among = `${name(column)}::text = ANY(${values.add(stated)}::text[])`;
  return allowed.includes(null) ? `(${among} OR ${name(column)} IS NULL)` : among;
}
