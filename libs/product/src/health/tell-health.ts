import { setTimeout as sleep } from 'node:timers/promises';

import type { Peer } from '@caremesh/platform';

import type { Counters } from './counters.js';
import type { PublishLag } from './publish-lag.js';

/** Told at least so often, so that silence means that nobody measures. */
const ANYWAY_MS = 60_000;

type Parts = {
  governance: Peer;
  counters: Counters;
  lag: Pick<PublishLag, 'look'>;
  /** The products that may be published. */
  products: () => { id: string; major: number }[];
  everyMs: number;
};

/** Sends each product's numbers to governance, again and again until `signal`. What was not heard is told again. */
export async function tellHealth(parts: Parts, signal: AbortSignal): Promise<void> {
  const told = new Map<string, { text: string; at: number }>();
  while (!signal.aborted) {
    await tellAll(parts, told).catch(() => undefined);
    await sleep(parts.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function tellAll(parts: Parts, told: Map<string, { text: string; at: number }>) {
  const products = parts.products();
  if (products.length === 0) return;
  const publishLagMs = await parts.lag.look();
  for (const { id, major } of products) {
    const { since } = parts.counters;
    const json = { major, intake: { since, ...parts.counters.of(id), publishLagMs } };
    const text = JSON.stringify(json);
    const before = told.get(id);
    if (before?.text === text && Date.now() - before.at < ANYWAY_MS) continue;
    await parts.governance.ask(`/v1/products/${id}/health`, { json });
    told.set(id, { text, at: Date.now() });
  }
}
