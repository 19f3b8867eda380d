import { setTimeout as sleep } from 'node:timers/promises';

import type { Pool } from 'pg';

import type { Committer } from '../intake/committer.js';
import { newTraceparent } from '../intake/ids.js';
import type { RunningProduct } from '../intake/prepare.js';
import { heldAs, heldRecord, publishedId } from '../state/model.js';
import type { HeldRecord, KeyedBackFill } from '../state/model.js';
import { changeOf, itemOf } from './change.js';
import { copyKeepers, keptAsLong, missing, PAGE } from './missing.js';
import type { Pair } from './missing.js';

export type BackFillParts = {
  pool: Pool;
  committer: Committer;
  /** What is published now. */
  products(): readonly RunningProduct[];
  log: { warn(detail: object, message: string): void; info(detail: object, message: string): void };
};

type Pass = { filled: number; refused: Map<string, number> };

/**
 * Fills each major beside an earlier one from what is held of that, until a look finds nothing more to fill: an item
 * that was on its way when the major was opened may have come of the earlier one alone.
 */
export async function keepBackFilling(
  parts: BackFillParts,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new Set<string>();
  while (!signal.aborted) {
    for (const pair of pairsOf(parts.products())) {
      const name = `${heldAs(pair.from.live)} ${heldAs(pair.to.live)}`;
      if (done.has(name)) continue;
      const isDone = await fillOnce(parts, pair, signal).catch((error: unknown) => {
        const code = String((error as { code?: unknown } | null)?.code ?? 'unknown');
        parts.log.warn({ product: pair.to.live.id, code }, 'Filling a major is tried again');
        return false;
      });
      if (isDone) done.add(name);
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Tells each product that is published of the earlier major that it is filled from, if one is published. */
export function tellEarlier(products: readonly RunningProduct[]): void {
  for (const { live } of products) delete live.earlier;
  for (const pair of pairsOf(products)) {
    pair.to.live.earlier = {
      recordOf: (record) => heldRecord(publishedId(record), pair.from.live),
      fill: (held, traceparent) => changeOf(held, pair, traceparent),
    };
  }
}

/** Each major that says what it makes of an earlier one, with the newest of those. */
function pairsOf(products: readonly RunningProduct[]): Pair[] {
  return products.flatMap((to) => {
    if (!to.definition.fromEarlier) return [];
    const [from] = products
      .filter(({ live }) => live.id === to.live.id && live.major < to.live.major)
      .sort((a, b) => b.live.major - a.live.major);
    return from ? [{ from, to }] : [];
  });
}

/** Goes through all that is missing once. Answers whether nothing was left to fill. */
async function fillOnce(parts: BackFillParts, pair: Pair, signal: AbortSignal): Promise<boolean> {
  await copyKeepers(parts.pool, pair);
  const pass: Pass = { filled: 0, refused: new Map() };
  for (let last = ''; !signal.aborted;) {
    const rows = await missing(parts.pool, pair, last);
    if (rows.length > 0) await fillPage(parts.committer, pair, rows, pass);
    if (rows.length < PAGE) break;
    last = rows.at(-1)!.record;
  }
  const { id: product, major } = pair.to.live;
  const { filled } = pass;
  const refused = Object.fromEntries(pass.refused);
  if (filled > 0) parts.log.info({ product, major, filled }, 'Filled from an earlier major');
  else if (pass.refused.size > 0) {
    parts.log.warn({ product, major, refused }, 'Records of an earlier major do not fit this one');
  }
  return filled === 0 && !signal.aborted;
}

async function fillPage(
  committer: Committer,
  pair: Pair,
  rows: readonly HeldRecord[],
  pass: Pass,
): Promise<void> {
  const traceparent = newTraceparent();
  const changes: KeyedBackFill[] = [];
  for (const row of rows) {
    const change = await changeOf(row, pair, traceparent);
    if (typeof change !== 'string') changes.push(change);
    else pass.refused.set(change, (pass.refused.get(change) ?? 0) + 1);
  }
  if (changes.length === 0) return;
  await committer.room();
  const records = changes.map(({ record }) => record);
  await committer.commit({
    items: [itemOf(changes, traceparent)],
    also: () => [keptAsLong(records, pair)],
  });
  pass.filled += changes.length;
}
