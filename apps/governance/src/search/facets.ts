import type { DataContract } from '@caremesh/contract';

/** What the catalogue can be narrowed by, in the order it is shown. */
export const FACETS = [
  'domain',
  'careSetting',
  'standard',
  'classification',
  'purpose',
  'publisher',
  'status',
] as const;
export type Facet = (typeof FACETS)[number];

/** A value of each facet that is asked for; a facet without one is not narrowed by. */
export type FacetFilter = Partial<Record<Facet, string | undefined>>;

/** How many products there are of each value, most first. */
export type FacetCounts = Record<Facet, { value: string; count: number }[]>;

/** More values than this nobody reads; the search narrows them. */
const MOST_VALUES = 100;

/** Every value a product has, of each facet. The publisher is the owner's ODS code, or its team where none is stated. */
export function facetsOf(
  contract: DataContract,
  statuses: readonly string[],
): { facet: Facet; value: string }[] {
  const { domain, careSetting, standards, fields, purposes, owner } = contract;
  const values: Record<Facet, string[]> = {
    domain: [domain],
    careSetting,
    standard: standards.map(({ id }) => id),
    classification: fields.map(({ classification }) => classification),
    purpose: purposes,
    publisher: [owner.ods ?? owner.team],
    status: [...statuses],
  };
  return FACETS.flatMap((facet) =>
    [...new Set(values[facet])].filter(Boolean).map((value) => ({ facet, value })),
  );
}

/** Counts as the answer shows them, every facet there even if nothing has a value of it. */
export function countsOf(
  rows: readonly { facet: string; value: string; count: number }[],
): FacetCounts {
  const of = (facet: Facet) =>
    rows
      .filter((row) => row.facet === facet && row.count > 0)
      .map(({ value, count }) => ({ value, count }))
      .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))
      .slice(0, MOST_VALUES);
  return Object.fromEntries(FACETS.map((facet) => [facet, of(facet)])) as FacetCounts;
}
