import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { Rule } from './check.js';
import { isDuration } from './durations.js';

export const freshnessPromised: Rule = {
  name: 'freshness-promised',
  severity: 'blocks',
  run: ({ contract }) =>
    isDuration(contract.freshness.within)
      ? []
      : [
          finding(
            CONTRACT_ERRORS.freshnessMissing,
            'contract.odcs.yaml#slaProperties',
            'The contract does not say how soon a record can be read (`freshness`, for example PT15M).',
          ),
        ],
};
