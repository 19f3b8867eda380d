import { randomBytes } from 'node:crypto';

import { inTransaction } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';

import type { Contract } from '../governance/governance.js';
import { ABOUT, qualified } from '../live/live-set.js';
import type { PortView } from '../live/ports.js';
import { CountedView } from './counts.js';
import { decide } from './decide.js';
import type { Work } from './decide.js';
import { askableOf } from './dimensions.js';
import { historyOf, keyOf } from './history.js';
import { partsOf, refuseUnaskable, tableOf } from './question.js';
import type { Counting, Question } from './question.js';
import { RULES, toldMean, toldRate, totalOf, USUAL } from './small-numbers.js';
import type { SmallNumbers, Told } from './small-numbers.js';
import { sumsOf } from './sums.js';
import type { Sum } from './sums.js';
import { Turns } from './turns.js';

/** Who asks: answers are compared with all that their organisation was told of the product. */
type Asker = { grantId: string; organisation: string };

/** One number of an answer. `numerator` and `denominator` are those of a rate, `cases` what a mean rests on. */
type Number_ = Told & { by: Record<string, string | null> } & Partial<
    Record<'numerator' | 'denominator' | 'cases', number | null>
  > & {
    /** Of a sum: cells that would belong to it and are not told. */
    notCounted?: number;
  };

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
  /** Different tables that the organisation was told of the product, and how many it may be. */
  tables: { told: number; most: number };
};

/** So many different tables are compared with, each in passes over the records; a product's contract may say otherwise. */
const MOST_TABLES = 60;
const MOMENT = 'BEGIN ISOLATION LEVEL REPEATABLE READ';

/** Answers questions about views with numbers that may be told. */
export class Aggregates {
  readonly #pool: Pool;
  readonly #turns = new Turns();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Throws MESH-4511 (asked by what may not be), MESH-4512 (too many cells), MESH-4513 (too many different questions).
   * One at a time for an organisation and product: two at once could not see each other's answers.
   */
  async answer(
    asker: Asker,
    view: PortView,
    contract: Contract,
    question: Question,
  ): Promise<Answer> {
    const { smallNumbers } = contract.read;
    const { threshold, roundTo } = { ...USUAL, ...smallNumbers };
    const rules = { threshold, roundTo };
    const most = smallNumbers?.tables ?? MOST_TABLES;
    refuseUnaskable(question, askableOf(contract.read, view.columns));
    const answering = async (client: PoolClient): Promise<Answer> => {
      const { asOf, offsets } = await standing(client, view);
      const { product, major } = view;
      const { measure, unit } = question;
      const history = await historyOf(client, { ...asker, product, major });
      const sources = (await othersOf(client, asker, view)).map(
        (other) => new CountedView(client, other),
      );
      const work = {
        ...{ view: new CountedView(client, view), others: sources },
        ...{ history, rules, most, asOf },
      };
      const { cells, total } = await answered(work, question);
      return {
        ...{ id: randomBytes(8).toString('hex'), product, measure, unit },
        ...{ rules: { name: RULES, ...rules }, asOf, offsets, cells, total },
        tables: { told: history.before.length, most },
      };
    };
    const turn = `${asker.organisation} ${view.product}`;
    return this.#turns.take(turn, () =>
      inTransaction(this.#pool, answering, { begin: MOMENT, turn }),
    );
  }
}

async function standing(client: PoolClient, { schemaName, tableName }: PortView) {
  const { rows } = await client.query<{ as_of: Date | null; offsets: Answer['offsets'] }>(
    `SELECT as_of, offsets FROM ${qualified(schemaName, ABOUT)} WHERE table_name = $1`,
    [tableName],
  );
  return { asOf: rows[0]?.as_of?.toISOString() ?? null, offsets: rows[0]?.offsets ?? {} };
}

/** The organisation's other tables of the product: they may have columns that were asked by and this one has not. */
async function othersOf(
  client: PoolClient,
  { organisation }: Asker,
  { product, topic }: PortView,
): Promise<PortView[]> {
  const { rows } = await client.query<PortView>(
    `SELECT topic, grant_id AS "grantId", product, major, schema_id AS "schemaId", schema_name AS "schemaName",
       table_name AS "tableName", columns, filling
     FROM port_view JOIN port USING (grant_id)
     WHERE organisation = $1 AND product = $2 AND topic <> $3 AND paused_at IS NULL AND changed_at IS NOT NULL
     ORDER BY topic`,
    [organisation, product, topic],
  );
  return rows;
}

/** Made of cells of decided tables and of nothing else. */
export async function answered(
  work: Work,
  question: Question,
): Promise<Pick<Answer, 'cells' | 'total'>> {
  const [first, second] = partsOf(question);
  const sums = await told(work, first);
  const named = (place: Sum['place']) =>
    Object.fromEntries(first.by.map((column, at) => [column, place[at] ?? null]));
  if (second !== undefined) {
    const some = new Map((await told(work, second)).map((sum) => [keyOf(sum.place), sum]));
    const cells = sums.map((all) => ({
      by: named(all.place),
      ...rateOf(some.get(keyOf(all.place)) ?? none(all.place), all, work.rules),
    }));
    return { cells, total: null };
  }
  if (question.measure === 'mean') {
    const cells = sums.map(({ place, told: cases, mean, notCounted }) => ({
      ...{ by: named(place), ...toldMean(mean, cases), cases: cases.value },
      ...missing(notCounted),
    }));
    return { cells, total: null };
  }
  const cells = sums.map(({ place, told: one, notCounted }) => ({
    ...{ by: named(place), ...one },
    ...missing(notCounted),
  }));
  return { cells, total: totalOf(sums.map((sum) => sum.told)) };
}

async function told(work: Work, part: Counting): Promise<Sum[]> {
  const table = tableOf(part);
  return sumsOf(part, table, await decide(work, table));
}

const none = (place: Sum['place']): Sum => ({
  ...{ place, count: 0, told: { value: 0, suppressed: null }, mean: null, notCounted: 0 },
});

const missing = (notCounted: number) => (notCounted === 0 ? {} : { notCounted });

/** Where both parts are told and the rate is not, they would tell it. */
function rateOf(numerator: Sum, denominator: Sum, rules: SmallNumbers): Omit<Number_, 'by'> {
  const rate = toldRate(numerator, denominator, rules);
  const [above, below] = [numerator.told.value, denominator.told.value];
  const isGivenAway = rate.value === null && above !== null && below !== null;
  return {
    ...rate,
    ...(isGivenAway
      ? { numerator: null, denominator: null }
      : { numerator: above, denominator: below }),
    ...missing(numerator.notCounted + denominator.notCounted),
  };
}
