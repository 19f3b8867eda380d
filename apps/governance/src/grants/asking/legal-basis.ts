import { COMMON_LAW } from '@caremesh/contract';
import type { LegalBasis, Purpose } from '@caremesh/contract';
import type { FieldError } from '@caremesh/platform';
import { grantErrors } from '../../errors.js';
import { fault } from '../fault.js';
import type { GrantLegalBasis } from '../grant.entity.js';
import type { DraftBody, RequestBody } from '../shapes.js';

/** The three parts of a legal basis, or null where one of them is none. */
export function legalBasisOf(given: RequestBody['legalBasis']): GrantLegalBasis | null {
  const [article6 = '', article9 = '', commonLaw = '', ...rest] =
    typeof given === 'string'
      ? given.split('/').map((part) => part.trim())
      : [given.article6, given.article9, given.commonLaw];
  const isKnown =
    rest.length === 0 &&
    /^6\(1\)\([a-f]\)$/.test(article6) &&
    /^9\(2\)\([a-j]\)$/.test(article9) &&
    (COMMON_LAW as readonly string[]).includes(commonLaw);
  return isKnown ? { article6, article9, commonLaw } : null;
}

/** What is no legal basis for whatever is asked. */
export function malformed({ legalBasis }: DraftBody): FieldError[] {
  const isNone = legalBasis !== undefined && legalBasisOf(legalBasis) === null;
  return isNone ? [fault(grantErrors.fieldLegalBasis, '$.legalBasis')] : [];
}

/** What is wrong with the legal basis a request gives for its purpose; empty when nothing is. */
export function legalBasisErrors(basis: GrantLegalBasis | null, purpose: Purpose): FieldError[] {
  if (!basis) return [fault(grantErrors.fieldLegalBasis, '$.legalBasis')];
  // People expect their own care to be looked after by those who see their record, and nothing beyond it.
  const isBeyondCare = purpose !== 'individual-care' && basis.commonLaw === 'direct-care';
  return isBeyondCare ? [fault(grantErrors.fieldDirectCare, '$.legalBasis')] : [];
}

/** What the contract of a product says of the purpose. */
export type ContractBasis = { product: string; major: number; legalBasis: readonly LegalBasis[] };

/**
 * Products whose contract states other legal bases for the purpose, with the first of them: a purpose may rest on more than
 * one. That forbids nothing; who decides is to see it.
 */
export function basesThatDiffer(
  { purpose, legalBasis: asked }: { purpose: Purpose; legalBasis: GrantLegalBasis },
  contracts: readonly ContractBasis[],
) {
  return contracts.flatMap(({ product, major, legalBasis }) => {
    const stated = legalBasis.filter((one) => one.purpose === purpose);
    const [first] = stated;
    if (!first || stated.some((one) => isSame(one, asked))) return [];
    const { article6, article9, commonLaw } = first;
    return [{ product, major, contract: { article6, article9, commonLaw } }];
  });
}

const isSame = ({ article6, article9, commonLaw }: LegalBasis, asked: GrantLegalBasis): boolean =>
  article6 === asked.article6 &&
  // A request always names an article 9 condition: where the contract needs none, any is as good.
  (article9 === asked.article9 || article9 === 'not-special-category') &&
  commonLaw === asked.commonLaw;
