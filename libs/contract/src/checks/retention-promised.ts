import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { Rule } from './check.js';
import { isDuration } from './durations.js';

const PLACE = 'contract.odcs.yaml#slaProperties';

export const retentionPromised: Rule = {
  name: 'retention-promised',
  severity: 'blocks',
  run: ({ contract }) => [
    ...promised('retention', contract.retention.records, 'how long a record is kept'),
    ...promised(
      'landedRetention',
      contract.retention.period,
      'how long landed source data is kept',
    ),
  ],
};

function promised(property: string, value: string, what: string): Finding[] {
  if (isDuration(value)) return [];
  return [
    finding(
      CONTRACT_ERRORS.retentionMissing,
      PLACE,
      `The contract does not say ${what} (\`${property}\`, for example P30D).`,
    ),
  ];
}
