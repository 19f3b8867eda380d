import { fault, type Fault } from '@caremesh/product';
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
    ambiguous.has(reference)
      ? 'several have this type and id; give each entry its fullUrl'
      : undefined,
  );
