import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { DataContract } from '../promise/data-contract.js';
import type { Rule } from './check.js';

const PLACE = 'contract.odcs.yaml#slaProperties';

/** At least one completeness promise, each about a field of the product and between 0 and 100 percent. */
export const completenessPromised: Rule = {
  name: 'completeness-promised',
  severity: 'blocks',
  run: ({ contract }) =>
    contract.completeness.length === 0
      ? [
          finding(
            CONTRACT_ERRORS.completenessMissing,
            PLACE,
            'The contract promises completeness of no field.',
          ),
        ]
      : contract.completeness.flatMap((promise) => broken(contract, promise)),
};

function broken(
  contract: DataContract,
  { field, atLeast }: DataContract['completeness'][number],
): Finding[] {
  if (!contract.fields.some(({ path }) => path === field)) {
    return [
      finding(
        CONTRACT_ERRORS.completenessMissing,
        PLACE,
        `Completeness is promised of \`${field.slice(0, 60)}\`, which is not a field of the product.`,
      ),
    ];
  }
  if (atLeast >= 0 && atLeast <= 100) return [];
  return [
    finding(
      CONTRACT_ERRORS.completenessMissing,
      PLACE,
      `The completeness of \`${field}\` is not a percentage.`,
    ),
  ];
}
