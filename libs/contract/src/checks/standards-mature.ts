import { CONTRACT_ERRORS, finding } from '../errors.js';
import { isDeclared } from '../standards/applies.js';
import type { Rule, Subject } from './check.js';

/** Says which of the standards a product conforms to are not finished: allowed, and shown to whoever decides. */
export const standardsMature: Rule = {
  name: 'standards-mature',
  severity: 'informs',
  run: ({ contract, context }: Subject) =>
    (context.standards?.all ?? [])
      .filter(({ state }) => state === 'draft' || state === 'trial')
      .filter((standard) => isDeclared(standard, contract))
      .map(({ id, title, state }) =>
        finding(
          CONTRACT_ERRORS.standardImmature,
          'contract.odcs.yaml#customProperties',
          `The product conforms to ${id} (${title}), which is in ${state} and may still change.`,
        ),
      ),
};
