import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { DataContract } from '../promise/data-contract.js';
import type { Rule } from './check.js';

const PLACE = 'contract.odcs.yaml#customProperties';

/** Each allowed purpose has one legal basis, and no other purpose has one. */
export const legalBasisStated: Rule = {
  name: 'legal-basis-stated',
  severity: 'blocks',
  run: ({ contract }) => [...missing(contract), ...surplus(contract)],
};

function missing({ purposes, legalBasis }: DataContract): Finding[] {
  return purposes
    .filter((purpose) => legalBasis.filter((basis) => basis.purpose === purpose).length !== 1)
    .map((purpose) =>
      finding(
        CONTRACT_ERRORS.legalBasisMissing,
        PLACE,
        `The purpose ${purpose} must have exactly one legal basis.`,
      ),
    );
}

function surplus({ purposes, legalBasis }: DataContract): Finding[] {
  return legalBasis
    .filter(({ purpose }) => !purposes.includes(purpose))
    .map(({ purpose }) =>
      finding(
        CONTRACT_ERRORS.legalBasisMissing,
        PLACE,
        `There is a legal basis for ${purpose}, which is not an allowed purpose.`,
      ),
    );
}
