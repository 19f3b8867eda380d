import { isDeepStrictEqual } from 'node:util';

import type { Pool } from 'pg';

import type { Content } from '../state/codec.js';
import { heldAs, heldRecord } from '../state/model.js';
import type { LiveProduct } from '../state/model.js';

/** How two majors of a product compare: numbers and field names; no value leaves the domain. */
export type Comparison = {
  from: number;
  to: number;
  countedAt: string;
  liveFrom: number;
  liveTo: number;
  onlyInFrom: number;
  onlyInTo: number;
  inBoth: number;
  /** Of the records in both: in how many each field that both majors have is the same. */
  fields: { field: string; agree: number }[];
};

/** Records are compared a page at a time, so that memory does not grow with the product. */
const PAGE = 1_000;

type Row = [record: string, fromSchema: number, from: Buffer, toSchema: number, to: Buffer];

/** Compares what is held of two majors: the records a consumer finds on each topic that were not retracted. */
export async function compareMajors(
  pool: Pool,
  from: LiveProduct,
  to: LiveProduct,
): Promise<Comparison> {
  const countedAt = new Date().toISOString();
  const [liveFrom, liveTo] = [await liveCount(pool, from), await liveCount(pool, to)];
  const agree = new Map<string, number>();
  let inBoth = 0;
  for (let last = ''; ;) {
    const rows = await page(pool, from, to, last);
    for (const row of rows) count(agree, await contentsOf(row, from, to));
    inBoth += rows.length;
    if (rows.length < PAGE) break;
    last = rows.at(-1)![0];
  }
  const fields = [...agree].map(([field, times]) => ({ field, agree: times }));
  return {
    ...{ from: from.major, to: to.major, countedAt, liveFrom, liveTo, inBoth, fields },
    // Counted one after the other while records come in: never less than none.
    onlyInFrom: Math.max(0, liveFrom - inBoth),
    onlyInTo: Math.max(0, liveTo - inBoth),
  };
}

async function liveCount(pool: Pool, product: LiveProduct): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(
    `SELECT count(*) FROM record WHERE product = $1 AND NOT retracted AND revision > 0`,
    [heldAs(product)],
  );
  return Number(rows[0]!.count);
}

// By the primary key on both sides: a record's name in one major follows from its name in the other.
async function page(pool: Pool, from: LiveProduct, to: LiveProduct, last: string): Promise<Row[]> {
  const { rows } = await pool.query<Row>({
    text: `SELECT a.record, a.schema_id, a.content, b.schema_id, b.content
             FROM record a JOIN record b ON b.record = left(a.record, 26) || $3
            WHERE a.product = $1 AND b.product = $2 AND a.record > $4
              AND NOT a.retracted AND NOT b.retracted AND a.revision > 0 AND b.revision > 0
            ORDER BY a.record LIMIT ${PAGE}`,
    values: [heldAs(from), heldAs(to), heldRecord('', to), last],
    rowMode: 'array',
  });
  return rows;
}

async function contentsOf(
  [, fromSchema, held, toSchema, other]: Row,
  from: LiveProduct,
  to: LiveProduct,
): Promise<[Content, Content]> {
  const [one, two] = [await from.codecOf(fromSchema), await to.codecOf(toSchema)];
  return [one.content(held), two.content(other)];
}

function count(agree: Map<string, number>, [one, other]: [Content, Content]): void {
  for (const field of Object.keys(one)) {
    if (!Object.hasOwn(other, field)) continue;
    const same = isDeepStrictEqual(one[field], other[field]);
    agree.set(field, (agree.get(field) ?? 0) + Number(same));
  }
}
