import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { RuleKind } from './rule-kind.js';

/** Of each role there is a field, so that its values are checked on every record. */
export const fieldRole: RuleKind = ({ rule, standard, contract }) =>
  (rule.roles ?? [])
    .filter((role) => !contract.fields.some((field) => field.role === role))
    .map((role) =>
      finding(
        CONTRACT_ERRORS.standardRuleBroken,
        'contract.odcs.yaml#schema[0].properties',
        `No field has the role ${role}, which ${standard.id} (${standard.title}) asks for.`,
        { fix: `Add a field with the custom property \`role\` of value ${role}.` },
      ),
    );
