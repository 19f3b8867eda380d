import { CONTRACT_ERRORS, finding } from '../errors.js';
import { namesOf, standardKey } from '../standards/standard.js';
import type { RuleKind } from './rule-kind.js';

/** A contract that says it conforms says to which version: two editions of a classification give one code two meanings. */
export const versionStated: RuleKind = ({ standard, contract }) => {
  const names = namesOf(standard);
  return contract.standards
    .filter(({ id, version }) => names.includes(standardKey(id)) && version === null)
    .map(({ id }) =>
      finding(
        CONTRACT_ERRORS.standardRuleBroken,
        'contract.odcs.yaml#customProperties',
        `The contract says that it conforms to ${id} and not to which version.`,
        {
          fix: `Add \`version\`${standard.version === null ? '' : `, such as ${standard.version}`}.`,
        },
      ),
    );
};
