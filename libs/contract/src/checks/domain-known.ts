import { domainNameFault } from '../envelope/names.js';
import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { Rule } from './check.js';

/** Says when approving this version would also bring a new domain into the mesh. */
export const domainKnown: Rule = {
  name: 'domain-known',
  severity: 'informs',
  run: ({ contract, context }) => {
    if (context.domainAccepted !== false) return [];
    const why =
      domainNameFault(contract.domain) ??
      `the domain ${contract.domain} is not part of the mesh yet`;
    return [
      finding(
        CONTRACT_ERRORS.domainUnknown,
        'contract.odcs.yaml#domain',
        `Mind that ${why}: approving this version accepts it.`,
      ),
    ];
  },
};
