import pg from 'pg';
import type { PoolClient } from 'pg';

import { qualified } from '../live/live-set.js';
import type { LiveTable } from '../live/live-set.js';
import type { Condition, Counting } from './question.js';
import type { Place } from './small-numbers.js';
import type { Ancestor, Counted, Overlap, Source } from './source.js';

const { escapeIdentifier: name } = pg;

/** Of up to 2^8 - 1 that a cell lies in: as many as memory is to be taken for, 100,000 with 5,000 cells. */
const ABOVE_A_CELL = 20;

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

/** The records of a view, counted as the table stands in the transaction at hand. */
export class CountedView implements Source {
  readonly #client: PoolClient;
  readonly #table: LiveTable;
  readonly #columns: ReadonlySet<string>;

  constructor(client: PoolClient, table: LiveTable) {
    this.#client = client;
    this.#table = table;
    this.#columns = new Set(table.columns.map(({ column }) => column));
  }

  has({ by, where, stated }: Counting): boolean {
    const used = [
      ...by,
      ...where.map(({ column }) => column),
      ...(stated === null ? [] : [stated]),
    ];
    return used.every((column) => this.#columns.has(column));
  }

  async table(
    counting: Counting,
    { most, few }: { most: number; few: number },
  ): Promise<{ cells: Counted[]; few: Ancestor[] } | null> {
    const { by } = counting;
    if ((await this.#cells(counting, most)) > most) return null;
    const values = new Values();
    const texts = by.map(textOf);
    // Every cell that a cell lies in is counted with it: the columns that are summed over are bits, the last column's the lowest.
    const [summed, grouping] =
      by.length === 0
        ? ['0', '']
        : [`GROUPING(${texts.join(', ')})`, `GROUP BY CUBE (${texts.join(', ')})`];
    const { rows } = await this.#client.query<Row & { summed: number; place: Place }>(
      `SELECT ARRAY[${texts.join(', ')}]::text[] AS place, ${summed} AS summed, count(*) AS records,
         count(DISTINCT person) AS people
       FROM ${this.#name} WHERE ${CASES} AND ${meets(counting, values)} ${grouping}
       HAVING count(*) > 0 AND (${summed} = 0 OR count(DISTINCT person) BETWEEN 1 AND ${values.add(few)})
       LIMIT ${(1 + ABOVE_A_CELL) * most + 1}`,
      values.list,
    );
    if (rows.length > (1 + ABOVE_A_CELL) * most) return null;
    const cells = rows.filter((row) => Number(row.summed) === 0);
    const above = rows.filter((row) => Number(row.summed) !== 0);
    return {
      cells: cells.map(({ place, ...row }) => ({ place, ...numbersOf(row) })),
      few: above.map(({ place, summed: bits, ...row }) => {
        const kept = by.map((_, at) => (Number(bits) & (1 << (by.length - 1 - at))) === 0);
        return {
          columns: by.filter((_, at) => kept[at]),
          place: place.filter((_, at) => kept[at]),
          ...numbersOf(row),
        };
      }),
    };
  }

  /** How many cells there are, as far as one more than `most`: with all that they lie in they are counted only if they are few enough. */
  async #cells(counting: Counting, most: number): Promise<number> {
    if (counting.by.length === 0) return 1;
    const values = new Values();
    const { rows } = await this.#client.query<{ cells: number }>(
      `SELECT count(*)::int AS cells FROM (
         SELECT DISTINCT ${counting.by.map(textOf).join(', ')} FROM ${this.#name}
         WHERE ${CASES} AND ${meets(counting, values)} LIMIT ${most + 1}) AS found`,
      values.list,
    );
    return rows[0]!.cells;
  }

  async means(counting: Counting, column: string): Promise<Map<string, number>> {
    const values = new Values();
    const { rows } = await this.#client.query<{ key: string; mean: number }>(
      `SELECT ${keyOfRow(counting.by)} AS key, avg(${name(column)})::double precision AS mean
         FROM ${this.#name} WHERE ${CASES} AND ${meets(counting, values)} GROUP BY 1`,
      values.list,
    );
    return new Map(rows.map(({ key, mean }) => [key, mean]));
  }

  async overlaps(now: Counting, old: Counting): Promise<Overlap[]> {
    const values = new Values();
    const { rows } = await this.#client.query<Pairing>(
      `WITH cases AS (${this.#labelled({ mine: now, other: old }, values)}), each AS (
         SELECT person, mine, other, count(*) AS n,
           sum(count(*)) OVER (PARTITION BY person, mine) AS of_mine,
           sum(count(*)) OVER (PARTITION BY person, other) AS of_other
         FROM cases GROUP BY person, mine, other)
       SELECT mine, other, GROUPING(mine, other) AS summed, sum(n) AS records, count(DISTINCT person) AS people,
         count(*) FILTER (WHERE n = of_mine) AS mine_whole, count(*) FILTER (WHERE n = of_other) AS other_whole
       FROM each GROUP BY GROUPING SETS ((mine, other), (mine), (other))`,
      values.list,
    );
    return overlapsOf(rows, now.unit);
  }

  async left(
    mine: Counting,
    other: Counting,
    covered: readonly (readonly [string, string])[],
  ): Promise<Map<string, number>> {
    const values = new Values();
    const labelled = this.#labelled({ mine, other }, values);
    const pairs = values.add(covered.map(([a, b]) => `${a}${b}`));
    const { rows } = await this.#client.query<{ mine: string; without: string; beyond: string }>(
      `WITH cases AS (${labelled}), each AS (
         SELECT person, mine, bool_or(covered) AS partly, bool_and(covered) AS wholly
         FROM (SELECT person, mine, (mine || other = ANY(${pairs}::text[])) IS TRUE AS covered FROM cases) AS cases
         WHERE mine IS NOT NULL GROUP BY person, mine)
       SELECT mine, count(*) FILTER (WHERE NOT partly) AS without, count(*) FILTER (WHERE NOT wholly) AS beyond
       FROM each GROUP BY mine`,
      values.list,
    );
    return new Map(
      rows.map((row) => [row.mine, Number(mine.unit === 'people' ? row.without : row.beyond)]),
    );
  }

  get #name(): string {
    return qualified(this.#table.schemaName, this.#table.tableName);
  }

  /** Every case with the cell of each counting that it is in. */
  #labelled({ mine, other }: { mine: Counting; other: Counting }, values: Values): string {
    const label = (counting: Counting) =>
      `CASE WHEN ${meets(counting, values)} THEN ${keyOfRow(counting.by)} END`;
    return `SELECT person, ${label(mine)} AS mine, ${label(other)} AS other FROM ${this.#name} WHERE ${CASES}`;
  }
}

type Row = { records: string; people: string };
type Pairing = Row & {
  mine: string | null;
  other: string | null;
  summed: number;
  mine_whole: string;
  other_whole: string;
};

const numbersOf = ({ records, people }: Row) => ({
  records: Number(records),
  people: Number(people),
});

function overlapsOf(rows: readonly Pairing[], unit: Counting['unit']): Overlap[] {
  const whole = (summed: number, key: 'mine' | 'other') =>
    new Map(rows.filter((row) => row.summed === summed).map((row) => [row[key], numbersOf(row)]));
  const [mine, other] = [whole(1, 'mine'), whole(2, 'other')];
  return rows.flatMap((row) => {
    const [a, b] = [mine.get(row.mine), other.get(row.other)];
    if (row.summed !== 0 || row.mine === null || row.other === null || !a || !b) return [];
    const both = numbersOf(row);
    // Of people, who is in one and not in the other; of records, whose any record is.
    const inBoth = (wholly: string) => (unit === 'people' ? both.people : Number(wholly));
    return [
      {
        ...{ now: row.mine, old: row.other, people: both.people },
        ...{ isOldWithin: both.records === b.records, isNowWithin: both.records === a.records },
        moreInNow: a.people - inBoth(row.mine_whole),
        moreInOld: b.people - inBoth(row.other_whole),
      },
    ];
  });
}

const textOf = (column: string): string => `${name(column)}::text`;

/** As `keyOf` writes it: JSON of a list of texts. */
const keyOfRow = (by: readonly string[]): string =>
  `to_json(ARRAY[${by.map(textOf).join(', ')}]::text[])::text`;

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
