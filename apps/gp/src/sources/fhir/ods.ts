import { ODS } from './resources.js';
import type { Reference } from './resources.js';

/** The ODS code a reference states beside it, or leads to. */
export const odsOf = (
  reference: Reference | undefined,
  organisations: ReadonlyMap<object, string>,
): string | null =>
  (reference?.identifier?.system === ODS ? reference.identifier.value : undefined) ??
  (reference && organisations.get(reference)) ??
  null;
