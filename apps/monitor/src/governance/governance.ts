import { parseVersion } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { TokenSource } from '@caremesh/platform';
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
const PATIENCE_MS = 5_000;

/** What the monitor asks of governance and tells it. Every call throws MESH-7001, retriable, without a good answer. */
export class Governance {
  readonly #url: string;
  readonly #tokens: Pick<TokenSource, 'token'>;
  readonly #contracts = new Map<string, DataContract>();

  constructor(url: string, tokens: Pick<TokenSource, 'token'>) {
    this.#url = url;
    this.#tokens = tokens;
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
    const answer = await this.#ask(path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw unavailable(path, `it answered ${answer.status}`);
  }

  async #get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    const answer = await this.#ask(path, {});
    if (!answer.ok) throw unavailable(path, `it answered ${answer.status}`);
    const parsed = shape.safeParse(await answer.json().catch(() => null));
    if (!parsed.success) throw unavailable(path, 'its answer has another shape');
    return parsed.data;
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    try {
      const token = await this.#tokens.token();
      return await fetch(`${this.#url}${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(init.body ? { 'content-type': 'application/json' } : {}),
        },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch (cause) {
      throw unavailable(path, 'it gives no answer', cause);
    }
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

function unavailable(path: string, why: string, cause?: unknown) {
  return problem(monitorErrors.governanceUnavailable, `${path}: ${why}`, [], cause);
}
