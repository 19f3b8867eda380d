import { CONTRACT_ERRORS, finding } from '../errors.js';
import { patternFault } from '../records/pattern.js';
import { placeOf, type Rule } from './check.js';

/** A pattern is tested on every record published, so it must be unable to take long, whatever the text. */
export const patternsSafe: Rule = {
  name: 'patterns-safe',
  severity: 'blocks',
  run: (subject) =>
    subject.contract.fields
      .map(({ path, pattern }) => ({
        path,
        why: pattern === undefined ? null : patternFault(pattern),
      }))
      .filter(({ why }) => why !== null)
      .map(({ path, why }) =>
        finding(
          CONTRACT_ERRORS.patternUnsafe,
          `${placeOf(subject, path)}.logicalTypeOptions.pattern`,
          `The pattern of \`${path}\` ${why}.`,
        ),
      ),
};
