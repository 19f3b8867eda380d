import { names, parseVersion } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { AnsweredOtherwise, NoGoodAnswer, problem } from '@caremesh/platform';
import type { Peer } from '@caremesh/platform';
import { z } from 'zod';

import { outputPortErrors } from '../errors.js';

/** One topic of a grant that is read: a view, under the schema that its records are written with. */
export type GrantedView = { topic: string; product: string; major: number; schemaId: number };

/** A grant as its output port needs it. */
export type Grant = {
  id: string;
  isActive: boolean;
  /** Its access is taken away for now; renewed, it is active again. */
  isSuspended: boolean;
  organisation: string;
  purpose: string;
  requestedBy: string;
  endsAt: Date;
  views: GrantedView[];
};

/** How a view was used by one way out: totals since its beginning. */
export type ToldUse = {
  topic: string;
  way: 'sql' | 'files' | 'aggregates';
  lastAt: string;
  times: number;
  /** Null where nobody can count them. */
  records: number | null;
};

/** A contract as it was approved: read, in its own words, and the hash that the approval is bound to. */
export type Contract = { read: DataContract; text: string; contentHash: string };

const grantShape = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  organisation: z.string(),
  purpose: z.string(),
  requestedBy: z.string(),
  endsAt: z.iso.datetime(),
  topics: z.array(
    z.object({
      topic: z.string(),
      ready: z.boolean(),
      retired: z.boolean(),
      viewSchemaId: z.number().int().nullish(),
    }),
  ),
});
const productShape = z.object({
  majors: z.array(
    z.object({
      major: z.number(),
      versions: z.array(
        z.object({ version: z.string(), contentHash: z.string(), schemaId: z.number().nullish() }),
      ),
    }),
  ),
});
const approvedShape = z.object({
  items: z.array(z.object({ schemaId: z.number().int(), version: z.string() })),
});
const filesShape = z.object({ files: z.record(z.string(), z.string()) });

const CONTRACT_FILE = 'contract.odcs.yaml';

/** What this service asks of governance. Every call throws MESH-4501, retriable, when there is no good answer. */
export class Governance {
  readonly #peer: Peer;
  readonly #contracts = new Map<string, Contract>();

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** A grant as it stands, by the service's own right; null if there is none. */
  grant(id: string): Promise<Grant | null> {
    return this.#grant(id);
  }

  /** The same grant as far as governance shows it to whoever sent this authorization; null if it does not. */
  grantShownTo(authorization: string, id: string): Promise<Grant | null> {
    return this.#grant(id, { authorization });
  }

  /** Ids that the records of a topic may carry. */
  async approvedSchemas(topic: string): Promise<z.output<typeof approvedShape>['items']> {
    const path = `/v1/approved-schemas?topic=${encodeURIComponent(topic)}`;
    return (await this.#get(path, approvedShape)).items;
  }

  /** The contract of a product's newest published version of a major. Throws MESH-4502. */
  async contractOf(productId: string, major: number): Promise<Contract> {
    const found = await this.#get(`/v1/products/${productId}`, productShape);
    const versions = found.majors.find((one) => one.major === major)?.versions ?? [];
    const newest = versions
      .filter(({ schemaId }) => typeof schemaId === 'number')
      .sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }))
      .at(-1);
    if (newest === undefined) throw problem(outputPortErrors.contractMissing, productId);
    return this.#contract(newest.contentHash);
  }

  /** Tells how a grant is used. Throws MESH-4501, unless governance knows of no such grant. */
  async tellUse(id: string, items: readonly ToldUse[]): Promise<void> {
    const path = `/v1/grants/${encodeURIComponent(id)}/use`;
    const question = { method: 'PUT', json: { items } } as const;
    await this.#peer.ask(path, question).catch((error: unknown) => {
      if (!isAnswered(error, 404)) throw faultOf(path, error);
    });
  }

  async #contract(contentHash: string): Promise<Contract> {
    const held = this.#contracts.get(contentHash);
    if (held) return held;
    const path = `/v1/versions/${encodeURIComponent(contentHash)}/files`;
    const { files } = await this.#get(path, filesShape);
    const { contract: read } = parseVersion(files);
    const text = files[CONTRACT_FILE];
    if (read === null || text === undefined) {
      throw problem(outputPortErrors.contractMissing, contentHash);
    }
    const contract = { read, text, contentHash };
    this.#contracts.set(contentHash, contract);
    return contract;
  }

  async #grant(id: string, asker?: { authorization: string }): Promise<Grant | null> {
    const path = `/v1/grants/${encodeURIComponent(id)}`;
    try {
      return toGrant(await this.#peer.ask(path, { ...asker, shape: grantShape }));
    } catch (error) {
      if (isAnswered(error, 401, 403, 404)) return null;
      throw faultOf(path, error);
    }
  }

  #get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    return this.#peer.ask(path, { shape }).catch((error: unknown) => {
      throw faultOf(path, error);
    });
  }
}

/** Individual care has no views here: whatever its topics are, they are read from the broker alone. */
function toGrant(grant: z.output<typeof grantShape>): Grant {
  const { id, kind, state, organisation, purpose, requestedBy, endsAt } = grant;
  const isForViews = kind === 'view' && purpose !== 'individual-care';
  const views = grant.topics.flatMap(({ topic, ready, retired, viewSchemaId }) => {
    const name = names.parseTopic(topic);
    if (!ready || retired || typeof viewSchemaId !== 'number' || name?.kind !== 'view') return [];
    return [{ topic, product: name.id, major: name.major, schemaId: viewSchemaId }];
  });
  return {
    ...{ id, organisation, purpose, requestedBy, endsAt: new Date(endsAt) },
    isActive: state === 'active' && isForViews,
    // Renewed, a grant is approved until its access stands again.
    isSuspended: (state === 'suspended' || state === 'approved') && isForViews,
    views: isForViews ? views : [],
  };
}

function isAnswered(error: unknown, ...statuses: number[]): boolean {
  return error instanceof AnsweredOtherwise && statuses.includes(error.status);
}

/** MESH-4501 for want of a good answer; anything else stays what it is. */
function faultOf(path: string, error: unknown): unknown {
  if (!(error instanceof NoGoodAnswer)) return error;
  const { governanceUnavailable } = outputPortErrors;
  return problem(governanceUnavailable, `${path}: ${error.why}`, [], error.cause);
}
