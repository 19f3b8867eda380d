import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { RuleKind } from './rule-kind.js';

/**
 * Where confidential data is used beyond individual care without consent (section 251), a national data opt-out must
 * reach the person it is about. The national service answers by NHS number alone.
 */
export const optOutMatchable: RuleKind = ({ standard, contract }) => {
  const reached = contract.legalBasis.filter(
    ({ purpose, commonLaw }) => purpose !== 'individual-care' && commonLaw === 's251',
  );
  if (reached.length === 0 || contract.fields.some(({ role }) => role === 'nhs-number')) return [];
  return [
    finding(
      CONTRACT_ERRORS.standardRuleBroken,
      'contract.odcs.yaml#customProperties',
      `${standard.id}: the product may be used for ${reached[0]!.purpose} under section 251, and no field is an NHS number by which an opt-out could be matched.`,
      { fix: 'Add the NHS number with its role, or allow the purpose on consent only.' },
    ),
  ];
};
