import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { FieldPromise } from '../promise/data-contract.js';
import { isKept } from '../view/in-views.js';
import { placeOf, type Rule } from './check.js';

/** Code systems of which disclosure leaves codes out of every view; of SNOMED CT, with dm+d, where it was given a list. */
const SENSITIVE_IN = new Set([
  'http://hl7.org/fhir/sid/icd-10-uk',
  'https://fhir.hl7.org.uk/Id/opcs-4',
  'http://snomed.info/sct',
]);

/** A code that a view may have to leave out may be null, and so may its words; of a list the whole item goes. */
export const codesOmittable: Rule = {
  name: 'codes-omittable',
  severity: 'blocks',
  run: (subject) => {
    const sensitive = new Set(subject.contract.fields.filter(isSensitive).map(({ path }) => path));
    return subject.contract.fields
      .filter((field) => field.presence === 'always' && isKept(field) && !isOfItem(field))
      .filter(({ path }) => sensitive.has(path) || sensitive.has(codeOf(path)))
      .map(({ path }) =>
        finding(
          CONTRACT_ERRORS.codeNotOmittable,
          placeOf(subject, path),
          `\`${path}\` is left out of views with some codes, and may not be null.`,
        ),
      );
  },
};

const isSensitive = ({ codes }: FieldPromise): boolean => SENSITIVE_IN.has(codes?.system ?? '');

/** Whether it is an item of a list, or stands in one, and not in a record in there. */
const isOfItem = ({ path }: FieldPromise): boolean => /\[\](?:\.[^.]+)?$/.test(path);

/** `medicationCode`, which `medicationDisplay` says in words. */
const codeOf = (path: string): string => path.replace(/Display$/, 'Code');
