import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { FieldPromise } from '../promise/data-contract.js';
import { placeOf, type Rule, type Subject } from './check.js';

/** What people write who do not know the version. */
const NO_VERSION = /^(?:latest|current|newest|any|all|none|unknown|tbc|tbd|n\/?a|x+|[-.?*]+)$/i;

/** An identifier of a code system that is the same everywhere: a URI. */
const URI = /^(?:https?:\/\/|urn:)[^\s]+$/;

/** A code binding names its system by URI, and a version by which the meaning of a code can be looked up in ten years. */
export const codesVersioned: Rule = {
  name: 'codes-versioned',
  severity: 'blocks',
  run: (subject) => subject.contract.fields.flatMap((field) => findings(subject, field)),
};

function findings(subject: Subject, { path, codes }: FieldPromise): Finding[] {
  if (codes === undefined) return [];
  const place = placeOf(subject, path);
  const found: Finding[] = [];
  if (!URI.test(codes.system))
    found.push(
      finding(
        CONTRACT_ERRORS.codeSystemNoUri,
        place,
        `The code system of \`${path}\` is not named by a URI.`,
      ),
    );
  if (NO_VERSION.test(codes.version))
    found.push(
      finding(
        CONTRACT_ERRORS.codeSystemUnversioned,
        place,
        `The code system of \`${path}\` is bound to no version.`,
      ),
    );
  return found;
}
