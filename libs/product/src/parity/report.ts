import { setTimeout as sleep } from 'node:timers/promises';

import type { Pool } from 'pg';

import type { LiveProduct } from '../state/model.js';
import { compareMajors } from './compare.js';
import type { Comparison } from './compare.js';

const PATIENCE_MS = 5_000;

export type ReportParts = {
  pool: Pool;
  governanceUrl: string;
  tokens: { token(): Promise<string> };
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
        const code = String((error as { code?: unknown } | null)?.code ?? 'unknown');
        parts.log.warn({ product: from.id, code }, 'Majors could not be compared; trying later');
      });
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function reportOne(parts: ReportParts, from: LiveProduct, to: LiveProduct): Promise<void> {
  await send(parts, from.id, await compareMajors(parts.pool, from, to));
}

async function send(
  { governanceUrl, tokens }: ReportParts,
  product: string,
  comparison: Comparison,
): Promise<void> {
  const response = await fetch(`${governanceUrl}/v1/products/${product}/parity`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokens.token()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(comparison),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw Object.assign(new Error('not taken'), { code: response.status });
}
