import { parseVersion } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { NoGoodAnswer, problem } from '@caremesh/platform';
import type { Peer } from '@caremesh/platform';
import { z } from 'zod';

import { monitorErrors } from '../errors.js';

/** A product topic to look through, with what its newest version promises. */
export type WatchedMajor = {
  topic: string;
  product: string;
  major: number;
  contentHash: string;
  /** Freshness is promised from here on: what happened before the product was there came late by nature. */
  since: Date;
};

const products = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      majors: z.array(
        z.object({
          major: z.number(),
          topic: z.string(),
          status: z.string(),
          versions: z.array(
            z.object({
              version: z.string(),
              contentHash: z.string(),
              schemaId: z.number().nullish(),
              publishedAt: z.string().nullish(),
            }),
          ),
        }),
      ),
    }),
  ),
  next: z.string().nullish(),
});
const approved = z.object({
  items: z.array(z.object({ schemaId: z.number().int(), version: z.string() })),
});
const files = z.object({ files: z.record(z.string(), z.string()) });

/** What the monitor asks of governance and tells it. Every call throws MESH-7001, retriable, without a good answer. */
export class Governance {
  readonly #peer: Peer;
  readonly #contracts = new Map<string, DataContract>();

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** Every product topic that has an approved version and is not retired. */
  async majors(): Promise<WatchedMajor[]> {
    const found: WatchedMajor[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await this.#get(`/v1/products?limit=200${query}`, products);
      found.push(...page.items.flatMap(watchedOf));
      cursor = page.next ?? null;
    } while (cursor !== null);
    return found;
  }

  /** Ids that the records of a topic may carry. */
  async approvedSchemas(topic: string): Promise<z.output<typeof approved>['items']> {
    return (await this.#get(`/v1/approved-schemas?topic=${encodeURIComponent(topic)}`, approved))
      .items;
  }

  /** The contract of a version, by its hash; never asked for twice. Throws MESH-7002. */
  async contract(contentHash: string): Promise<DataContract> {
    const held = this.#contracts.get(contentHash);
    if (held) return held;
    const path = `/v1/versions/${encodeURIComponent(contentHash)}/files`;
    const { contract } = parseVersion((await this.#get(path, files)).files);
    if (contract === null) throw problem(monitorErrors.contractMissing, contentHash);
    this.#contracts.set(contentHash, contract);
    return contract;
  }

  /** Tells what was found or measured. */
  async tell(product: string, what: 'findings' | 'health', body: object): Promise<void> {
    const path = `/v1/products/${product}/${what}`;
    await orUnavailable(path, this.#peer.ask(path, { json: body }));
  }

  #get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    return orUnavailable(path, this.#peer.ask(path, { shape }));
  }
}

type Product = z.output<typeof products>['items'][number];

function watchedOf({ id, majors }: Product): WatchedMajor[] {
  return majors.flatMap(({ major, topic, status, versions }) => {
    const published = versions
      .filter(({ schemaId, publishedAt }) => typeof schemaId === 'number' && publishedAt)
      .sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
    const newest = published.at(-1);
    if (status === 'retired' || !newest) return [];
    const since = new Date(Math.min(...published.map((one) => Date.parse(one.publishedAt ?? ''))));
    return [{ topic, product: id, major, contentHash: newest.contentHash, since }];
  });
}

/** What was answered. Throws MESH-7001 where nothing good was, and where no token was to be had to ask with. */
function orUnavailable<T>(path: string, asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    const { why, cause } =
      error instanceof NoGoodAnswer ? error : { why: 'it gives no answer', cause: error };
    throw problem(monitorErrors.governanceUnavailable, `${path}: ${why}`, [], cause);
  });
}
