import type { WaiverInForce } from '../checks/check.js';
import type { DataContract } from '../promise/data-contract.js';

/** A decided version as the generators need it. */
export type PublishedVersion = {
  contract: DataContract;
  /** The Avro schema, as approved. */
  schema: object;
  schemaId: number | null;
  status: 'published' | 'deprecated' | 'retired';
  /** RFC 3339; null until it is published. */
  publishedAt: string | null;
};

/** An exception that holds for the product now, with who approved it and why. */
export type StandingWaiver = WaiverInForce & { reason: string; approvedBy: string | null };

/** A waiver in a sentence. */
export function waiverSentence({ check, about, until, reason }: StandingWaiver): string {
  const what = about === null ? `"${check}"` : `"${check}" of ${about}`;
  return `Until ${until} the check ${what} is waived: ${reason}`;
}

/** Where the mesh is reached from outside. */
export type MeshPlaces = {
  governanceUrl: string;
  registryUrl: string;
  tokenUrl: string;
  /** `host:port` of one or several brokers, with commas between them. */
  bootstrap: string;
  /** Encrypted (SASL_SSL), as in production, or not (SASL_PLAINTEXT). */
  encrypted: boolean;
};

/** The words the standards have for the state of a product. */
export function lifecycleWord(status: PublishedVersion['status']): string {
  return status === 'published' ? 'active' : status;
}

/** The newest version: the one the product is described by. Throws a RangeError without any. */
export function newest(versions: readonly PublishedVersion[]): PublishedVersion {
  const last = versions.at(-1);
  if (last === undefined) throw new RangeError('a product has at least one version');
  return last;
}

/** Words to find the product by, each once: a care setting may be called as the domain is. */
export function keywordsOf({ domain, careSetting }: DataContract): string[] {
  return [...new Set([domain, ...careSetting])];
}
