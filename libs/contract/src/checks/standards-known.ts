import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { namesOf, standardKey, type Standard } from '../standards/standard.js';
import type { Rule, Subject } from './check.js';

const PLACE = 'contract.odcs.yaml#customProperties';

/** A contract conforms to standards that are in the catalogue and still to be used. */
export const standardsKnown: Rule = {
  name: 'standards-known',
  severity: 'blocks',
  run: ({ contract, context }: Subject) =>
    context.standards === undefined
      ? []
      : contract.standards.flatMap(({ id }) => findings(id, context.standards!.all)),
};

function findings(id: string, all: readonly Standard[]): Finding[] {
  const standard = all.find((one) => namesOf(one).includes(standardKey(id)));
  if (standard === undefined)
    return [
      finding(
        CONTRACT_ERRORS.standardUnknown,
        PLACE,
        `The standard ${id.slice(0, 60)} is not in the catalogue.`,
        { severity: 'warning' },
      ),
    ];
  const instead = standard.successor === null ? '' : ` Use ${standard.successor}.`;
  if (standard.state === 'retired')
    return [
      finding(
        CONTRACT_ERRORS.standardRetired,
        PLACE,
        `The standard ${standard.id} is retired.${instead}`,
      ),
    ];
  if (standard.state !== 'deprecated') return [];
  return [
    finding(
      CONTRACT_ERRORS.standardDeprecated,
      PLACE,
      `The standard ${standard.id} is on its way out.${instead}`,
      { severity: 'warning' },
    ),
  ];
}
