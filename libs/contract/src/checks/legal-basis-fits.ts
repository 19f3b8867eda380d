import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { DataContract } from '../promise/data-contract.js';
import type { Rule } from './check.js';

const PLACE = 'contract.odcs.yaml#customProperties';

/**
 * A legal basis fits what it is for: special-category data needs a condition of UK GDPR article 9, and the implied
 * consent of direct care covers nothing but a person's own care.
 */
export const legalBasisFits: Rule = {
  name: 'legal-basis-fits',
  severity: 'blocks',
  run: ({ contract }) => [...article9(contract), ...confidence(contract)],
};

function article9({ fields, legalBasis }: DataContract): Finding[] {
  const sensitive = fields.find(({ classification }) => classification === 'special-category');
  if (sensitive === undefined) return [];
  return legalBasis
    .filter((basis) => basis.article9 === 'not-special-category')
    .map(({ purpose }) =>
      finding(
        CONTRACT_ERRORS.article9Missing,
        PLACE,
        `The purpose ${purpose} names no article 9 condition, and \`${sensitive.path}\` is special-category data.`,
      ),
    );
}

function confidence({ legalBasis }: DataContract): Finding[] {
  return legalBasis
    .filter(
      ({ purpose, commonLaw }) => purpose !== 'individual-care' && commonLaw === 'direct-care',
    )
    .map(({ purpose }) =>
      finding(
        CONTRACT_ERRORS.confidenceUnmet,
        PLACE,
        `The purpose ${purpose} is not a person's own care, so direct-care does not meet the duty of confidence.`,
      ),
    );
}
