import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { Rule } from './check.js';

export const purposesStated: Rule = {
  name: 'purposes-stated',
  severity: 'blocks',
  run: ({ contract }) =>
    contract.purposes.length > 0
      ? []
      : [
          finding(
            CONTRACT_ERRORS.purposesMissing,
            'contract.odcs.yaml#customProperties',
            'The product may be granted for no purpose, so nobody could ever read it.',
          ),
        ],
};
