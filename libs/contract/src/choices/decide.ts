import type { Use } from './question.js';
import { RULES } from './table.js';
import type { Choice } from './table.js';

/** Whether a choice applies to a use, by which rule of the table, and why. */
export type ChoiceDecision = { choice: Choice; applies: boolean; rule: string; reason: string };

/** Whether a person's choice applies to this use of their data: the first rule of the table that fits. Pure. */
export function choiceApplies(choice: Choice, use: Use): ChoiceDecision {
  // The last rule of each choice fits every use.
  const { applies, name, reason } = RULES.find((rule) => rule.choice === choice && rule.when(use))!;
  return { choice, applies, rule: name, reason };
}
