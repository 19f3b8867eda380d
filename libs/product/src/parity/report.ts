import { setTimeout as sleep } from 'node:timers/promises';

import { AnsweredOtherwise } from '@caremesh/platform';
import type { Peer } from '@caremesh/platform';
import type { Pool } from 'pg';

import type { LiveProduct } from '../state/model.js';
import { compareMajors } from './compare.js';

export type ReportParts = {
  pool: Pool;
  governance: Peer;
  log: { warn(detail: object, message: string): void };
  /** What is published now. */
  products(): readonly LiveProduct[];
};

/** Each two majors of one product that are published side by side, the older first. */
function pairsOf(products: readonly LiveProduct[]): [LiveProduct, LiveProduct][] {
  return products.flatMap((from) =>
    products
      .filter((to) => to.id === from.id && to.major > from.major)
      .map((to): [LiveProduct, LiveProduct] => [from, to]),
  );
}

/** Compares majors side by side every so often and tells governance the numbers, until it is aborted. */
export async function reportParity(
  parts: ReportParts,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const [from, to] of pairsOf(parts.products())) {
      await reportOne(parts, from, to).catch((error: unknown) => {
        const detail = { product: from.id, code: codeOf(error) };
        parts.log.warn(detail, 'Majors could not be compared; trying later');
      });
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function reportOne(parts: ReportParts, from: LiveProduct, to: LiveProduct): Promise<void> {
  const json = await compareMajors(parts.pool, from, to);
  await parts.governance.ask(`/v1/products/${from.id}/parity`, { json });
}

/** The status of what governance answered; else what the fault is known by. */
function codeOf(error: unknown): string {
  if (error instanceof AnsweredOtherwise) return String(error.status);
  return String((error as { code?: unknown } | null)?.code ?? 'unknown');
}
