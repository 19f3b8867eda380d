import { randomBytes } from 'node:crypto';

import { problem } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '../database/transaction.js';
import { outputPortErrors } from '../errors.js';
import type { Contract } from '../governance/governance.js';
import { ABOUT, qualified } from '../live/live-set.js';
import type { PortView } from '../live/ports.js';
import { besideEarlier, countCells, meansOf } from './counts.js';
import { keyOf, steady, withoutDifferences } from './differencing.js';
import { askableOf } from './dimensions.js';
import { conditionOf, refuseUnaskable } from './question.js';
import type { Counting, Question } from './question.js';
import {
  isSmall,
  RULES,
  toldCount,
  toldMean,
  toldRate,
  totalOf,
  USUAL,
  withheld,
  withSecondary,
} from './small-numbers.js';
import type { Cell, SmallNumbers, Told } from './small-numbers.js';

/** Who asks: answers are compared with all that their organisation was told of the product. */
type Asker = { grantId: string; organisation: string };

/** One number of an answer. `numerator` and `denominator` are those of a rate, `cases` what a mean rests on. */
type Number_ = Told & { by: Record<string, string | null> } & Partial<
    Record<'numerator' | 'denominator' | 'cases', number | null>
  >;

/** An answer, with what is needed to cite it. */
export type Answer = {
  id: string;
  product: string;
  measure: Question['measure'];
  unit: Question['unit'];
  rules: SmallNumbers & { name: string };
  asOf: string | null;
  offsets: Record<string, number>;
  cells: Number_[];
  /** Of counts: the sum of what is told. */
  total: number | null;
};

/** So many different countings are compared with; each is two passes over the table. A recipient who needs more asks for another way. */
const MOST_COUNTINGS = 60;
const MOST_CELLS = 5_000;
const MOMENT = 'BEGIN ISOLATION LEVEL REPEATABLE READ';

/** Answers questions about views with numbers that may be told. */
export class Aggregates {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Throws MESH-4511 (asked by what may not be), MESH-4512 (too many cells), MESH-4513 (too many different questions). */
  async answer(
    asker: Asker,
    view: PortView,
    contract: Contract,
    question: Question,
  ): Promise<Answer> {
    const { smallNumbers } = contract.read;
    const { threshold, roundTo } = { ...USUAL, ...smallNumbers };
    const rules = { threshold, roundTo };
    refuseUnaskable(question, askableOf(contract.read, view.columns));
    return inTransaction(
      this.#pool,
      async (client) => {
        // One at a time for an organisation and product: two at once could not see each other's answers.
        await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [
          `${asker.organisation} ${view.product}`,
        ]);
        const { rows } = await client.query<{ as_of: Date | null; offsets: Answer['offsets'] }>(
          `SELECT as_of, offsets FROM ${qualified(view.schemaName, ABOUT)} WHERE table_name = $1`,
          [view.tableName],
        );
        const { cells, total } = await answered({ client, asker, view, rules }, question);
        const { product, measure, unit } = question;
        return {
          ...{ id: randomBytes(8).toString('hex'), product, measure, unit },
          rules: { name: RULES, ...rules },
          asOf: rows[0]?.as_of?.toISOString() ?? null,
          offsets: rows[0]?.offsets ?? {},
          ...{ cells, total },
        };
      },
      MOMENT,
    );
  }
}

type Work = { client: PoolClient; asker: Asker; view: PortView; rules: SmallNumbers };

async function answered(work: Work, question: Question): Promise<Pick<Answer, 'cells' | 'total'>> {
  const { unit, by } = question;
  const where = conditionOf(question.where);
  const base: Counting = { unit, by, where, stated: null };
  const named = (place: Cell['place']) =>
    Object.fromEntries(by.map((column, at) => [column, place[at] ?? null]));
  if (question.measure === 'rate') {
    const having = conditionOf(question.having ?? {});
    const all = await toldCells(work, base);
    const some = new Map(
      (await toldCells(work, { ...base, where: conjunction(where, having) })).map((cell) => [
        keyOf(cell.place),
        cell,
      ]),
    );
    const cells = all.map((denominator) => {
      const numerator = some.get(keyOf(denominator.place)) ?? none(denominator.place);
      return {
        by: named(denominator.place),
        ...toldRate(numerator, denominator, work.rules),
        ...{ numerator: numerator.told.value, denominator: denominator.told.value },
      };
    });
    return { cells, total: null };
  }
  if (question.measure === 'mean') {
    const counting = { ...base, stated: question.of ?? null };
    const means = await meansOf(work.client, work.view, counting, question.of ?? '');
    const cells = (await toldCells(work, counting)).map(({ place, told }) => ({
      by: named(place),
      ...toldMean(means.get(keyOf(place)) ?? null, told),
      cases: told.value,
    }));
    return { cells, total: null };
  }
  const told = await toldCells(work, base);
  const cells = told.map(({ place, told: one }) => ({ by: named(place), ...one }));
  return { cells, total: totalOf(told.map((cell) => cell.told)) };
}

const none = (place: Cell['place']): Cell => ({
  ...{ place, count: 0, told: { value: 0, suppressed: null } },
});

/** Both conditions: of a column in both, the values that are in both. */
function conjunction(a: Counting['where'], b: Counting['where']): Counting['where'] {
  const given = new Map(a.map((one) => [one.column, one]));
  const merged = b.map((one) => {
    const other = given.get(one.column);
    const values = other ? one.values.filter((each) => other.values.includes(each)) : one.values;
    given.delete(one.column);
    return { column: one.column, values };
  });
  return [...given.values(), ...merged].sort((x, y) => (x.column < y.column ? -1 : 1));
}

/** The cells of one counting as they may be told, in the light of everything told before; and written down for the next. */
async function toldCells(work: Work, counting: Counting): Promise<Cell[]> {
  const { client, view, rules, asker } = work;
  const counted = await countCells(client, view, counting);
  if (counted.length > MOST_CELLS) throw problem(outputPortErrors.tooManyCells, String(MOST_CELLS));
  const cells = counted.map(({ place, records, people }) => {
    const count = counting.unit === 'people' ? people : records;
    // Ten records of three people tell of three people.
    const isOfFew = isSmall(people, rules);
    return { place, count, told: isOfFew ? withheld('small-number') : toldCount(count, rules) };
  });
  const own = canonical(counting);
  const before = await earlierAnswers(client, asker, view);
  const others = before.filter(({ key }) => key !== own);
  const earlier = [];
  for (const { counting: other, told } of others) {
    if (!isAnswerable(other, view)) continue;
    earlier.push(await besideEarlier(client, view, counting, { counting: other, told }));
  }
  const former = before.find(({ key }) => key === own)?.cells ?? new Map();
  const safe = withoutDifferences(withSecondary(cells, rules), earlier, rules);
  const shown = steady(safe, former, rules);
  if (former.size === 0 && before.length >= MOST_COUNTINGS) {
    throw problem(outputPortErrors.tooManyQuestions, String(MOST_COUNTINGS));
  }
  await writeDown(client, asker, view, counting, shown);
  return shown;
}

const canonical = ({ unit, by, where, stated }: Counting): string =>
  JSON.stringify([unit, by, where, stated]);

type Before = {
  key: string;
  counting: Counting;
  told: Set<string>;
  cells: Map<string, { count: number; told: Told }>;
};

async function earlierAnswers(
  client: PoolClient,
  { organisation }: Asker,
  { product, major }: PortView,
): Promise<Before[]> {
  const { rows } = await client.query<{
    counting: Counting;
    cells: { key: string; count: number; told: Told }[];
  }>(
    'SELECT counting, cells FROM told WHERE organisation = $1 AND product = $2 AND major = $3 ORDER BY at DESC',
    [organisation, product, major],
  );
  return rows.map(({ counting, cells }) => ({
    ...{ key: canonical(counting), counting },
    told: new Set(cells.filter(({ told }) => told.value !== null).map(({ key }) => key)),
    cells: new Map(cells.map(({ key, count, told }) => [key, { count, told }])),
  }));
}

/** Asked through another grant, of columns that this view has not: it cannot be evaluated here. */
function isAnswerable({ by, where, stated }: Counting, { columns }: PortView): boolean {
  const known = new Set(columns.map(({ column }) => column));
  const used = [...by, ...where.map(({ column }) => column), ...(stated === null ? [] : [stated])];
  return used.every((column) => known.has(column));
}

async function writeDown(
  client: PoolClient,
  { organisation, grantId }: Asker,
  { product, major }: PortView,
  counting: Counting,
  cells: readonly Cell[],
): Promise<void> {
  const kept = cells.map(({ place, count, basis, told }) => ({
    ...{ key: keyOf(place), count: basis ?? count, told },
  }));
  await client.query(
    `INSERT INTO told (organisation, product, major, key, counting, cells, grant_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (organisation, product, major, key) DO UPDATE SET cells = excluded.cells, at = now(), grant_id = excluded.grant_id`,
    [
      ...[organisation, product, major, canonical(counting)],
      ...[JSON.stringify(counting), JSON.stringify(kept), grantId],
    ],
  );
}
