import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { Rule } from './check.js';
import { readExamples, type Example } from './examples.js';

/** There is a good example, every good example keeps the contract, and none holds a number that could be somebody's. */
export const examplesGood: Rule = {
  name: 'examples-good',
  severity: 'blocks',
  run: (subject) => {
    const examples = readExamples(subject, 'examples/');
    if (examples.length === 0)
      return [
        finding(CONTRACT_ERRORS.exampleMissing, 'examples', 'The version has no good example.'),
      ];
    return examples.flatMap((example) => [...refused(example), ...real(example)]);
  },
};

function refused({ path, findings }: Example): Finding[] {
  const [first] = findings;
  if (first === undefined) return [];
  const at = first.path === '' || first.path === path ? path : `${path}#${first.path}`;
  return [
    finding(CONTRACT_ERRORS.exampleRefused, at, `The example is refused: ${first.message}`, {
      fix: first.fix,
    }),
  ];
}

/** NHS numbers beginning with 9 are set aside for tests. */
function real({ path, record }: Example): Finding[] {
  const number = (record as { nhsNumber?: unknown } | null)?.nhsNumber;
  if (typeof number !== 'string' || number.startsWith('9')) return [];
  return [
    finding(
      CONTRACT_ERRORS.exampleReal,
      `${path}#nhsNumber`,
      'The NHS number of the example is outside the test range.',
    ),
  ];
}
