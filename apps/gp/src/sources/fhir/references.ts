import { isSupportingKind, readSupporting, type Reference, type Supporting } from './resources.js';

/** A supporting resource of the submission: `null` if it does not fit its definition. */
export type Held = {
  kind: string;
  resource: Supporting | null;
  fullUrl?: string;
  index: number;
  used: boolean;
};

/**
 * The resources of a submission that others refer to: patients, medications, organisations. A reference is found by
 * the entry's full URL, or by type and id, however much of a server's address stands before them.
 */
export class References {
  private readonly held = new Map<string, Held>();
  private readonly order: Held[] = [];

  add(kind: string, id: unknown, held: Held): void {
    this.order.push(held);
    if (held.fullUrl) this.held.set(held.fullUrl, held);
    if (typeof id === 'string') this.held.set(`${kind}/${id}`, held);
  }

  /** What a reference points to, looking first among the resources contained in the one that refers. */
  find(reference: Reference | undefined, contained: unknown[] = []): Held | undefined {
    const target = reference?.reference;
    if (!target) return undefined;
    if (target.startsWith('#')) return containedAs(target.slice(1), contained);
    const plain = target.replace(/\/_history\/.*$/, '');
    const found = this.held.get(plain) ?? this.held.get(plain.split('/').slice(-2).join('/'));
    if (found) found.used = true;
    return found;
  }

  /** Those that nothing referred to, in the order they came. */
  unused(): Held[] {
    return this.order.filter((held) => !held.used);
  }
}

function containedAs(id: string, contained: unknown[]): Held | undefined {
  for (const resource of contained) {
    if (typeof resource !== 'object' || resource === null) continue;
    const { id: own, resourceType } = resource as { id?: unknown; resourceType?: unknown };
    if (own !== id || typeof resourceType !== 'string' || !isSupportingKind(resourceType)) continue;
    return {
      kind: resourceType,
      resource: readSupporting(resourceType, resource),
      index: -1,
      used: true,
    };
  }
  return undefined;
}
