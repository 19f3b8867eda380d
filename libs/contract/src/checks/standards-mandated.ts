import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { DataContract } from '../promise/data-contract.js';
import { demandOf, isDeclared, reaches } from '../standards/applies.js';
import type { Standard } from '../standards/standard.js';
import type { Rule, Subject } from './check.js';

const PLACE = 'contract.odcs.yaml#customProperties';

/**
 * A standard mandated in the product's care setting is conformed to: one whose conformance date has passed blocks, one
 * whose date is coming warns. (Health and Social Care Act 2012, section 250, as amended in 2022.)
 */
export const standardsMandated: Rule = {
  name: 'standards-mandated',
  severity: 'blocks',
  run: ({ contract, context }: Subject) => {
    const { all = [], today = '' } = context.standards ?? {};
    return all.flatMap((standard) => findings(standard, contract, today));
  },
};

function findings(standard: Standard, contract: DataContract, today: string): Finding[] {
  const demand = demandOf(standard, today);
  if (demand === 'nothing' || !reaches(standard, contract) || isDeclared(standard, contract))
    return [];
  const { id, title, mandation, conformanceDate } = standard;
  const where = contract.careSetting.join(', ');
  const fix = `Conform to ${id} and add it to \`standards\`; \`mesh standard show ${id}\` explains it. If it cannot be done yet, propose a waiver.`;
  if (demand === 'coming')
    return [
      finding(
        CONTRACT_ERRORS.standardComing,
        PLACE,
        `${id} (${title}) must be conformed to from ${conformanceDate} in ${where}, and the contract does not say that the product does.`,
        { fix, severity: 'warning' },
      ),
    ];
  const since =
    conformanceDate === null ? 'is in force' : `has been in force since ${conformanceDate}`;
  return [
    finding(
      CONTRACT_ERRORS.standardMandated,
      PLACE,
      `${id} (${title}) ${since} in ${where} (${mandation.legalBasis}), and the contract does not say that the product conforms.`,
      { fix },
    ),
  ];
}
