import { CONTRACT_ERRORS, finding } from '../errors.js';
import { holdsWord, isOf } from '../standards/applies.js';
import type { RuleKind } from './rule-kind.js';

/** Every coded text field named by one of the words is bound to one of the code systems. */
export const codeSystem: RuleKind = ({ rule, standard, contract, placeOf }) => {
  const systems = rule.systems ?? [];
  return contract.fields
    .filter(({ path, logicalType, freeText }) => {
      return logicalType === 'string' && !freeText && holdsWord(path, rule.words ?? []);
    })
    .filter(({ codes }) => codes === undefined || !isOf(codes.system, systems))
    .map(({ path, codes }) =>
      finding(
        CONTRACT_ERRORS.standardRuleBroken,
        placeOf(path),
        `\`${path}\` is bound to ${codes === undefined ? 'no code system' : 'another code system'}; ${standard.id} asks for ${systems.join(' or ')}.`,
        { fix: `Bind it with the custom property \`codes\` to ${systems[0]} and a version of it.` },
      ),
    );
};
