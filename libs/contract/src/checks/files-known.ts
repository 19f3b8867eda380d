import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { CONTRACT_FILE } from '../promise/read-contract.js';
import { SCHEMA_FILE } from '../promise/parse-version.js';
import type { FileRule } from './check.js';

const EXAMPLE = /^examples\/(?:bad\/)?[a-z0-9][a-zA-Z0-9.-]*\.json$/;
const README = 'README.md';
const MOST_EXAMPLES = 200;
const EXAMPLE_BYTES = 256 * 1024;

/** Only the files that belong to a version, each of a sensible size. */
export const filesKnown: FileRule = {
  name: 'files-known',
  severity: 'blocks',
  run: ({ files }) => {
    const paths = Object.keys(files);
    // Some other folder altogether: that it has neither is what is told, and not what else lies in it.
    if (![CONTRACT_FILE, SCHEMA_FILE].some((path) => path in files)) return [];
    const examples = paths.filter((path) => path.startsWith('examples/'));
    const tooMany =
      examples.length > MOST_EXAMPLES
        ? [
            finding(
              CONTRACT_ERRORS.fileTooLarge,
              'examples',
              `There are more than ${MOST_EXAMPLES} examples.`,
            ),
          ]
        : [];
    return [...paths.flatMap((path) => fileFindings(path, files[path])), ...tooMany];
  },
};

function fileFindings(path: string, content: unknown): Finding[] {
  const shown = path.slice(0, 120);
  if (typeof content !== 'string')
    return [finding(CONTRACT_ERRORS.fileUnknown, shown, 'The file has no text.')];
  if (![CONTRACT_FILE, SCHEMA_FILE, README].includes(path) && !EXAMPLE.test(path)) {
    return [
      finding(
        CONTRACT_ERRORS.fileUnknown,
        shown,
        `The file ${shown} does not belong in a version folder.`,
      ),
    ];
  }
  if (path.startsWith('examples/') && content.length > EXAMPLE_BYTES) {
    return [finding(CONTRACT_ERRORS.fileTooLarge, shown, 'The example has more than 256 KiB.')];
  }
  return [];
}
