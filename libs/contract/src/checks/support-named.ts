import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { Rule } from './check.js';

export const supportNamed: Rule = {
  name: 'support-named',
  severity: 'blocks',
  run: ({ contract }) =>
    contract.support.some(({ url }) => url !== null && url !== '')
      ? []
      : [
          finding(
            CONTRACT_ERRORS.supportMissing,
            'contract.odcs.yaml#support',
            'Nobody can be asked about the product: no support channel has an address.',
          ),
        ],
};
