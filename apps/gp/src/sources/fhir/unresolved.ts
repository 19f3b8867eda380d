import { fault, type Fault } from '@caremesh/product';
import { isConditional } from './conditional.js';
import type { Reference } from './resources.js';

/** A reference that leads to nobody: nothing is there, or which of several is meant cannot be told. */
export const unresolved = (
  reference: Reference,
  path: string,
  { ambiguous }: { ambiguous: ReadonlySet<object> },
): Fault =>
  fault(
    'fhirReferenceUnresolved',
    path,
    ambiguous.has(reference) ? severalOf(reference) : undefined,
  );

const severalOf = (reference: Reference): string =>
  isConditional(reference)
    ? 'several patients have this identifier'
    : 'several have this type and id; give each entry its fullUrl';
