import { isDeepStrictEqual } from 'node:util';
import type { GrantTerms } from '../asking/terms.js';
import { RENEWED_TERMS } from '../grant.entity.js';
import type { RenewedTerm } from '../grant.entity.js';
import type { AmendmentBody, RequestBody } from '../shapes.js';

/** The request as it is once amended. Fields that are changed are so for every product, and take their justifications with them. Pure. */
export function merged(before: RequestBody, given: AmendmentBody): RequestBody {
  const stated = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  if (given.fields === undefined) return { ...before, ...stated };
  const products = before.products?.map(({ fields: _, ...one }) => one);
  const { justifications, ...rest } = before;
  const kept = justificationsOf(justifications, given.fields);
  return {
    ...rest,
    ...(kept && { justifications: kept }),
    ...stated,
    ...(products && { products }),
  };
}

/** What is said of fields that are asked for no more was no word on the others. */
function justificationsOf(said: RequestBody['justifications'], fields: RequestBody['fields']) {
  if (said === undefined || fields === 'all') return said;
  const kept = Object.entries(said).filter(([name]) => fields.includes(name));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** Names of the parts that are otherwise than before; why they are is none. Pure. */
export function changedParts(before: RequestBody, after: RequestBody): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of ['reason', 'demonstration']) names.delete(name);
  return [...names].filter(
    (name) =>
      !isDeepStrictEqual(before[name as keyof RequestBody], after[name as keyof RequestBody]),
  );
}

/** Another end with its papers is decided on the grant itself; whatever decides what is read, or for what, is another grant. Pure. */
export function isExtension(changed: readonly string[]): boolean {
  return changed.includes('until') && changed.every((name) => name === 'until' || isRenewed(name));
}

/**
 * The terms that a later end brings with it: those that were changed, and the review that a grant needs which
 * has become long by it. Pure.
 */
export function renewedTerms(
  changed: readonly string[],
  { held, read, today }: { held: GrantTerms; read: GrantTerms; today: string },
): Pick<GrantTerms, RenewedTerm> {
  const needsReview = !held.reviewOn && read.reviewOn !== undefined && read.reviewOn > today;
  const names = RENEWED_TERMS.filter(
    (name) => changed.includes(name) || (name === 'reviewOn' && needsReview),
  );
  return Object.fromEntries(names.map((name) => [name, read[name]]));
}

const isRenewed = (name: string) => (RENEWED_TERMS as readonly string[]).includes(name);
