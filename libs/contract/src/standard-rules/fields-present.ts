import { CONTRACT_ERRORS, finding } from '../errors.js';
import { holdsWord } from '../standards/applies.js';
import type { RuleKind } from './rule-kind.js';

/** Of each group of names at least one is the name of a field, or part of it. */
export const fieldsPresent: RuleKind = ({ rule, standard, contract }) =>
  (rule.groups ?? [])
    .filter((names) => !contract.fields.some(({ path }) => holdsWord(path, names)))
    .map((names) =>
      finding(
        CONTRACT_ERRORS.standardRuleBroken,
        'contract.odcs.yaml#schema[0].properties',
        `${standard.id} (${standard.title}) asks for ${names.map((name) => `\`${name}\``).join(' or ')}, and no field holds it.`,
        { fix: 'Add the field, or do not say that the product conforms.' },
      ),
    );
