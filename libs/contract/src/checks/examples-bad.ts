import { CONTRACT_ERRORS, faultName, finding, type Finding } from '../errors.js';
import type { Rule } from './check.js';
import { readExamples, type Example } from './examples.js';

/**
 * Bad examples are refused, and for the reason they are named after: `unknown-code.json`, or
 * `unknown-code--dischargeMethod.json` where the field matters too.
 */
export const examplesBad: Rule = {
  name: 'examples-bad',
  severity: 'blocks',
  run: (subject) => {
    const examples = readExamples(subject, 'examples/bad/');
    if (examples.length === 0)
      return [
        finding(
          CONTRACT_ERRORS.badExampleMissing,
          'examples/bad',
          'The version has no bad example.',
        ),
      ];
    return examples.flatMap(reason);
  },
};

function reason({ path, name, findings }: Example): Finding[] {
  const [fault = '', field] = name.split('--');
  if (findings.length === 0)
    return [
      finding(
        CONTRACT_ERRORS.badExampleAccepted,
        path,
        `The example should be refused for ${fault}, and is accepted.`,
      ),
    ];
  if (findings.every((found) => faultName(found.code) === fault && isAbout(found.path, field)))
    return [];
  const given = [
    ...new Set(
      findings.map(
        (found) => `${faultName(found.code)}${found.path === '' ? '' : ` (${found.path})`}`,
      ),
    ),
  ].join(', ');
  return [
    finding(
      CONTRACT_ERRORS.badExampleReason,
      path,
      `The example should be refused for ${name}, and is refused for ${given}.`,
    ),
  ];
}

/** `activities[0].ucumUnit` is about `ucumUnit` and about `activities`. */
function isAbout(path: string, field: string | undefined): boolean {
  return field === undefined || path.split(/[.[\]]+/).includes(field);
}
