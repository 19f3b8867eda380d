import type { Fault } from '../errors.js';

/** A reference as FHIR R4 has it, as much as leads to a resource. */
type Reference = { reference?: string | undefined };

/** A resource as a reader takes it: null, with the reasons, if it does not fit its definition. */
export type ReadResource<R> = { resource: R | null; faults: Fault[] };

/** Where a reference stands: a relative one is meant from its entry's address, `#…` from what it is contained in. */
export type Place = {
  fullUrl?: string | undefined;
  /** The Bundle around it, where a submission holds several. */
  bundle?: number | undefined;
  contained: unknown[];
};

/** A resource of the submission that others may refer to. `index`: its position, -1 for one that is contained. */
export type Held<R extends object> = ReadResource<R> & {
  kind: string;
  place: Place;
  index: number;
  used: boolean;
  /** What stood before was taken to mean another resource that has the same name. */
  contested?: boolean;
  /** A later state of the same resource took its place. */
  superseded?: boolean;
};

/**
 * The resources of a submission that others refer to: patients, medications, organisations. References are resolved
 * as FHIR R4 says of Bundles: an absolute one by the full URL of an entry alone, a relative one by the server that its
 * own entry's full URL names. Ids are a server's own, so type and id find a resource only where no server is named,
 * and only if it is the one resource of that name in the same Bundle, or of those that stand in none.
 *
 * What such a name means is settled when its Bundle is complete: until then another of that name may come, and which of
 * the two comes first must not decide who somebody is.
 */
export class References<R extends object> {
  private readonly held = new Map<string, Held<R>[]>();
  private readonly order: Held<R>[] = [];
  /** Bundles of which nothing more comes. */
  private readonly closed = new Set<number>();
  /** Names by which something was found before that was settled. */
  private readonly relied = new Set<string>();
  private readonly contained = new WeakMap<object, Held<R>>();
  private readonly containedIds = new WeakMap<readonly unknown[], ReadonlyMap<unknown, object[]>>();

  /** @param readContained reads a contained resource of a kind that may be referred to; null for one of another kind. */
  constructor(
    private readonly readContained: (kind: string, resource: object) => ReadResource<R> | null,
  ) {}

  add(id: unknown, held: Held<R>): void {
    this.order.push(held);
    const address = addressOf(held.place.fullUrl);
    if (address) this.put(address, held);
    if (typeof id === 'string') this.put(`${held.kind}/${id}`, held);
  }

  /** Nothing more comes of a Bundle. */
  close(bundle: number): void {
    this.closed.add(bundle);
  }

  /** What a reference points to; nothing if several may be meant, for one of them would be somebody else. */
  find(reference: Reference | undefined, from: Place): Held<R> | undefined {
    const found = this.candidates(reference, from);
    return found.length === 1 ? found[0] : undefined;
  }

  /** As `find`, for good: whatever comes later of that name, this is what is given out. */
  take(reference: Reference | undefined, from: Place): Held<R> | undefined {
    const found = this.find(reference, from);
    if (!found) return undefined;
    found.used = true;
    if (!this.isSettled(reference, from))
      this.relied.add(within(from.bundle, nameIn(reference!.reference!)));
    return found;
  }

  /** True if nothing that may still come changes what a reference points to. */
  isSettled(reference: Reference | undefined, from: Place): boolean {
    const target = reference?.reference;
    if (!target || target.startsWith('#')) return true;
    const address = addressOf(target);
    const server = address ? serverOf(address) : serverOf(from.fullUrl);
    if (server === null) return from.bundle !== undefined && this.closed.has(from.bundle);
    // An address is one resource: what comes later under it is a later state.
    return this.under(address ?? `${server}/${withoutVersion(target)}`, from).length > 0;
  }

  /** True if more than one resource of the submission may be meant. */
  isAmbiguous(reference: Reference | undefined, from: Place): boolean {
    return this.candidates(reference, from).length > 1;
  }

  /** Those that nothing referred to, or whose name was taken for another's, in the order they came. */
  unused(): Held<R>[] {
    return this.order.filter((held) => !held.used || held.contested);
  }

  private candidates(reference: Reference | undefined, from: Place): Held<R>[] {
    const target = reference?.reference;
    if (!target) return [];
    if (target.startsWith('#')) return this.containedAs(target.slice(1), from);
    const address = addressOf(target);
    if (address) return this.under(address, from);
    const name = withoutVersion(target);
    const named = this.under(name, from);
    const server = serverOf(from.fullUrl);
    if (server === null) return named;
    const own = this.under(`${server}/${name}`, from);
    if (own.length > 0) return own;
    return named.every(({ place }) => serverOf(place.fullUrl) === null) ? named : [];
  }

  /** Those of a name: of the same Bundle, and of an address else of the whole submission. */
  private under(name: string, { bundle }: Place): Held<R>[] {
    const beyond = serverOf(name) === null ? undefined : this.held.get(name);
    return this.held.get(within(bundle, name)) ?? beyond ?? [];
  }

  private containedAs(id: string, from: Place): Held<R>[] {
    let ids = this.containedIds.get(from.contained);
    // Made once: a resource of many contained ones and as many references would else be looked through for each.
    if (!ids) this.containedIds.set(from.contained, (ids = byId(from.contained)));
    return (ids.get(id) ?? []).flatMap((resource) => {
      const { resourceType } = resource as { resourceType?: unknown };
      if (typeof resourceType !== 'string') return [];
      return this.contained.get(resource) ?? this.read(resourceType, resource, from) ?? [];
    });
  }

  /** Once for each: what is found of it later is the same object. */
  private read(kind: string, resource: object, from: Place): Held<R> | null {
    const read = this.readContained(kind, resource);
    if (!read) return null;
    const held = { kind, ...read, place: from, index: -1, used: true };
    this.contained.set(resource, held);
    return held;
  }

  private put(name: string, held: Held<R>): void {
    const own = within(held.place.bundle, name);
    for (const key of serverOf(name) === null ? [own] : [name, own]) {
      const known = this.held.get(key) ?? [];
      // A second that says something else makes the name ambiguous; a third changes nothing in that.
      if (known.length > 1) continue;
      const [before] = known;
      const isState = !before || serverOf(name) !== null || saidBy(before) === saidBy(held);
      if (isState && before && before !== held) before.superseded = true;
      if (!isState && this.relied.has(key)) held.contested = true;
      this.held.set(key, isState ? [held] : [before, held]);
    }
  }
}

function byId(resources: readonly unknown[]): Map<unknown, object[]> {
  const found = new Map<unknown, object[]>();
  for (const resource of resources) {
    if (typeof resource !== 'object' || resource === null) continue;
    const { id } = resource as { id?: unknown };
    const same = found.get(id);
    if (same) same.push(resource);
    else found.set(id, [resource]);
  }
  return found;
}

const within = (bundle: number | undefined, name: string): string =>
  bundle === undefined ? name : `${bundle} ${name}`;

const withoutVersion = (text: string): string => text.replace(/\/_history\/.*$/, '');

/** An absolute reference or full URL, without its version; undefined for a relative one. */
function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^[a-z][a-z0-9+.-]*:/i.test(text)) return undefined;
  // The digits of a UUID are the same in capitals.
  return /^urn:/i.test(text) ? text.toLowerCase() : withoutVersion(text);
}

/** What a reference is looked for under, from whichever server. */
const nameIn = (target: string): string => addressOf(target) ?? withoutVersion(target);

/** The server of a resource's full URL: what stands before its type and id. Null if it names none (a `urn:`). */
function serverOf(fullUrl: string | undefined): string | null {
  const match = /^(https?:\/\/.+)\/[A-Z][A-Za-z]*\/[A-Za-z0-9.-]{1,64}$/.exec(
    withoutVersion(fullUrl ?? ''),
  );
  return match ? match[1]! : null;
}

/** What makes a resource the one it is. Two of a name that agree in it are two states of one. */
function saidBy({ resource, place }: Pick<Held<object>, 'resource' | 'place'>): string {
  const said = (resource ?? {}) as Record<string, unknown>;
  const { identifier, code, organization, managingOrganization, contained } = said;
  const server = serverOf(place.fullUrl);
  // Of two that name `#o` it is what they contain that tells them apart.
  return JSON.stringify([server, identifier, code, organization, managingOrganization, contained]);
}
