import type { DataContract } from '../promise/data-contract.js';
import type { Change, ChangeKind } from './change.js';

export type DecidingRole = 'governance-lead' | 'ig-lead';

/** Kinds of change that let more be known about a person, or for more purposes. */
const WIDENING: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  'purpose-added',
  'legal-basis',
  'classification',
  'treatment-loosened',
]);

/**
 * Who must decide on a proposal. A governance lead always; the information-governance lead too when a version of an
 * existing product adds an identifier or special-category field, reclassifies one, loosens its de-identification,
 * or widens purposes or legal basis.
 */
export function decisionsNeeded(
  contract: DataContract,
  changes: readonly Change[],
): DecidingRole[] {
  return changes.some((change) => widens(contract, change))
    ? ['governance-lead', 'ig-lead']
    : ['governance-lead'];
}

function widens(contract: DataContract, { kind, path }: Change): boolean {
  if (kind === undefined) return false;
  if (kind !== 'field-added') return WIDENING.has(kind);
  // A list of records is added as one field: any sensitive field inside it counts.
  return contract.fields.some(
    (field) =>
      (field.path === path ||
        field.path.startsWith(`${path}.`) ||
        field.path.startsWith(`${path}[]`)) &&
      (field.classification === 'direct-identifier' || field.classification === 'special-category'),
  );
}
