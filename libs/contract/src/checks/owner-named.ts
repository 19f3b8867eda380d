import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { Rule } from './check.js';

export const ownerNamed: Rule = {
  name: 'owner-named',
  severity: 'blocks',
  run: ({ contract }) =>
    contract.owner.team === ''
      ? [
          finding(
            CONTRACT_ERRORS.ownerMissing,
            'contract.odcs.yaml#team.name',
            'No team owns the product.',
          ),
        ]
      : [],
};
