import { isOdsSystem } from '@caremesh/product';
import type { Reference } from './resources.js';

/** The ODS code a reference states beside it, or leads to. */
export function odsOf(
  reference: Reference | undefined,
  organisations: ReadonlyMap<object, string>,
): string | null {
  const { system, value } = reference?.identifier ?? {};
  const stated = isOdsSystem(system) ? value : undefined;
  return stated ?? (reference && organisations.get(reference)) ?? null;
}
