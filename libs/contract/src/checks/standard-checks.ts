import type { Finding } from '../errors.js';
import { RULE_KINDS } from '../standard-rules/list.js';
import { demandOf, isDeclared, reaches, type Demand } from '../standards/applies.js';
import type { Standard, StandardRule } from '../standards/standard.js';
import { placeOf, type Check, type Subject } from './check.js';

/** The findings of one rule of a standard, under the name it is shown by. */
export type StandardAnswer = { name: string; severity: Check['severity']; findings: Finding[] };

/**
 * The machine-checkable rules of every standard that the contract says it conforms to, or must. A finished standard
 * blocks: nobody may say that they conform and not do it. One that is unfinished, on its way out, or whose date is
 * coming warns.
 */
export function standardChecks(subject: Subject): StandardAnswer[] {
  const { all = [], today = '' } = subject.context.standards ?? {};
  return all.flatMap((standard) => {
    const demand = demandOf(standard, today);
    const isDue = demand !== 'nothing' && reaches(standard, subject.contract);
    if (standard.state === 'retired' || !(isDue || isDeclared(standard, subject.contract)))
      return [];
    return standard.rules.map((rule) => ({
      name: `${standard.id}/${rule.name}`,
      severity: severityOf(standard, demand),
      findings: findingsOf(rule, standard, subject),
    }));
  });
}

function severityOf({ state }: Standard, demand: Demand): Check['severity'] {
  return demand === 'now' || (demand === 'nothing' && state === 'active') ? 'blocks' : 'warns';
}

function findingsOf(rule: StandardRule, standard: Standard, subject: Subject): Finding[] {
  const { contract } = subject;
  return RULE_KINDS[rule.kind]({
    rule,
    standard,
    contract,
    placeOf: (path) => placeOf(subject, path),
  });
}
