import { COMMON_LAW, EXEMPTIONS, names, parseVersion, PURPOSES } from '@caremesh/contract';
import type { CommonLaw, DataContract, Exemption } from '@caremesh/contract';
import { AnsweredOtherwise, NoGoodAnswer, problem } from '@caremesh/platform';
import type { Peer } from '@caremesh/platform';
import { z } from 'zod';

import { disclosureErrors } from '../errors.js';
import type { Recipient } from '../keys/pseudonym-keys.js';
import type { Part } from '../part.js';

/** One product of one active grant: a topic to be written. */
export type GrantedView = {
  /** `share.<grant>.<product>.v<major>` */
  topic: string;
  grantId: string;
  product: string;
  major: number;
  recipient: Recipient;
  schemaId: number;
  /** Route through the common law duty of confidence, and an exemption from the national data opt-out that was decided. */
  commonLaw: CommonLaw;
  exemption: Exemption | null;
  /** A term of the grant: what is withdrawn must be erased by who holds it. */
  erase: boolean;
  /** Individual care: only people of these organisations. */
  narrowedTo?: readonly string[] | null;
  /** Of the recipient's pseudonym key; without one the first. */
  keyGeneration?: number;
};

const grants = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      state: z.string(),
      organisation: z.string(),
      purpose: z.enum(PURPOSES),
      legalBasis: z.object({ commonLaw: z.enum(COMMON_LAW) }),
      optOutExemption: z.enum(EXEMPTIONS).nullish(),
      erasure: z.boolean().nullish(),
      narrowedTo: z.object({ organisations: z.array(z.string()) }).nullish(),
      topics: z.array(
        z.object({
          topic: z.string(),
          ready: z.boolean(),
          viewSchemaId: z.number().int().nullish(),
        }),
      ),
      /** Under earlier pseudonyms, until a day that governance looks after. */
      former: z.array(z.object({ topic: z.string(), viewSchemaId: z.number().int() })).optional(),
    }),
  ),
  next: z.string().nullish(),
});
const product = z.object({
  majors: z.array(
    z.object({
      major: z.number(),
      versions: z.array(
        z.object({ version: z.string(), contentHash: z.string(), schemaId: z.number().nullish() }),
      ),
    }),
  ),
});
const approved = z.object({
  items: z.array(z.object({ schemaId: z.number().int(), version: z.string() })),
});
const files = z.object({ files: z.record(z.string(), z.string()) });

/** What this service asks of governance. Every call throws MESH-4201, retriable, when there is no good answer. */
export class Governance {
  readonly #peer: Peer;
  readonly #kind: Part['kind'];
  readonly #contracts = new Map<string, DataContract>();

  /** @param kind the grants whose views are asked for */
  constructor(peer: Peer, kind: Part['kind'] = 'view') {
    this.#kind = kind;
    this.#peer = peer;
  }

  /** Every view that is to be written now: granted, active, its topic and schema standing. */
  async activeViews(): Promise<GrantedView[]> {
    const views: GrantedView[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await this.#get(`/v1/grants?state=active&kind=${this.#kind}${query}`, grants);
      views.push(...page.items.flatMap((grant) => toViews(grant, this.#kind)));
      cursor = page.next ?? null;
    } while (cursor !== null);
    return views;
  }

  /** Whether governance shows this grant to whoever sent this authorization. */
  async showsGrantTo(grantId: string, authorization: string): Promise<boolean> {
    const path = `/v1/grants/${encodeURIComponent(grantId)}`;
    try {
      await this.#peer.ask(path, { authorization });
      return true;
    } catch (error) {
      if (error instanceof AnsweredOtherwise && error.status < 500) return false;
      throw faultOf(path, error);
    }
  }

  /** Ids that the records of a topic may carry. */
  async approvedSchemas(topic: string): Promise<z.output<typeof approved>['items']> {
    const path = `/v1/approved-schemas?topic=${encodeURIComponent(topic)}`;
    return (await this.#get(path, approved)).items;
  }

  /** The contract of a product's newest published version of a major. */
  async contractOf(productId: string, major: number): Promise<DataContract> {
    const found = await this.#get(`/v1/products/${productId}`, product);
    const versions = found.majors.find((one) => one.major === major)?.versions ?? [];
    const published = versions
      .filter(({ schemaId }) => typeof schemaId === 'number')
      .sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
    const newest = published.at(-1);
    if (newest === undefined) throw problem(disclosureErrors.contractMissing, productId);
    return this.#contractOf(newest.contentHash);
  }

  async #contractOf(contentHash: string): Promise<DataContract> {
    const held = this.#contracts.get(contentHash);
    if (held) return held;
    const path = `/v1/versions/${encodeURIComponent(contentHash)}/files`;
    const { contract } = parseVersion((await this.#get(path, files)).files);
    if (contract === null) throw problem(disclosureErrors.contractMissing, contentHash);
    this.#contracts.set(contentHash, contract);
    return contract;
  }

  #get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    return this.#peer.ask(path, { shape }).catch((error: unknown) => {
      throw faultOf(path, error);
    });
  }
}

type Grant = z.output<typeof grants>['items'][number];

/** Only what the grant says is of this part's kind; individual care only where it is narrowed, all other is read from the product itself. */
function toViews(grant: Grant, wanted: Part['kind']): GrantedView[] {
  const { id, kind, state, organisation, purpose, topics, former = [] } = grant;
  const { commonLaw } = grant.legalBasis;
  const terms = {
    ...{ commonLaw, exemption: grant.optOutExemption ?? null },
    erase: grant.erasure ?? false,
    narrowedTo: grant.narrowedTo?.organisations ?? null,
  };
  const isCare = purpose === 'individual-care';
  if (kind !== wanted || state !== 'active' || isCare !== (wanted === 'individual-care')) return [];
  if (isCare && terms.narrowedTo === null) return [];
  const standing = [...topics, ...former.map((one) => ({ ...one, ready: true }))];
  return standing.flatMap(({ topic, ready, viewSchemaId }) => {
    const name = names.parseTopic(topic);
    if (!ready || typeof viewSchemaId !== 'number' || name?.kind !== 'view') return [];
    const { id: productId, major } = name;
    const recipient = { organisation, purpose };
    const view = { topic, grantId: id, product: productId, major, recipient, ...terms };
    return [{ ...view, schemaId: viewSchemaId, keyGeneration: name.generation }];
  });
}

/** MESH-4201 for want of a good answer; anything else stays what it is. */
function faultOf(path: string, error: unknown): unknown {
  if (!(error instanceof NoGoodAnswer)) return error;
  const { governanceUnavailable } = disclosureErrors;
  return problem(governanceUnavailable, `${path}: ${error.why}`, [], error.cause);
}
