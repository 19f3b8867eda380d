import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { FieldPromise } from '../promise/data-contract.js';
import { placeOf, type Rule } from './check.js';

/** Text that is not coded, patterned or an identifier says whether people type into it. */
export const freeTextFlagged: Rule = {
  name: 'free-text-flagged',
  severity: 'blocks',
  run: (subject) =>
    subject.contract.fields
      .filter((field) => mustSay(field) && subject.read.unsaid.get(field.path)?.has('freeText'))
      .map(({ path }) =>
        finding(
          CONTRACT_ERRORS.freeTextUnsaid,
          `${placeOf(subject, path)}.customProperties`,
          `It is not said whether \`${path}\` is free text.`,
        ),
      ),
};

/** A direct identifier never leaves, whether typed or not. */
function mustSay(field: FieldPromise): boolean {
  return (
    field.logicalType === 'string' &&
    field.codes === undefined &&
    field.pattern === undefined &&
    field.role === undefined &&
    field.classification !== 'direct-identifier'
  );
}
