import type { PersonIdentity } from '@caremesh/contract';
import type { Received } from '@caremesh/product';

/** The core that every product record has; the other fields are the product's own and only passed through. */
type ProductRecord = {
  recordId: string;
  nhsNumber: string | null;
  localPatientId: string | null;
  localPatientIdIssuer: string | null;
  sourceSystemUpdatedAt: number | null;
  publisherOds: string;
};

export type ProductReceived = Received<ProductRecord>;

/**
 * A retraction as recipients are told of it: the record's key has no record any more, and nothing of why. Told apart from
 * what a choice took out, it would say of everything else that is gone that somebody chose so.
 */
export function withoutRetraction(record: ProductReceived): ProductReceived {
  if (record.change !== 'retracted') return record;
  return { ...record, change: 'deleted', value: null, schemaId: null };
}

/** Who the record is about: the NHS number, else the local identifier with its issuer; null when it says neither. */
export function identityOf({ value }: ProductReceived): PersonIdentity | null {
  if (value === null) return null;
  if (value.nhsNumber !== null) return { nhsNumber: value.nhsNumber };
  const { localPatientId: localId, localPatientIdIssuer: issuer } = value;
  return localId !== null && issuer !== null ? { issuer, localId } : null;
}
