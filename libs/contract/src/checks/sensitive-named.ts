import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { FieldPromise } from '../promise/data-contract.js';
import { placeOf, type Rule, type Subject } from './check.js';
import { wordsOfName } from './names.js';

/** Words of UK GDPR article 9 and of health and care: what a field with such a name says is special-category data. */
const SPECIAL = new Set([
  'allergy',
  'autism',
  'belief',
  'biometric',
  'dementia',
  'diagnoses',
  'diagnosis',
  'disability',
  'ethnic',
  'ethnicity',
  'finding',
  'genetic',
  'hiv',
  'impairment',
  'medication',
  'pregnancy',
  'procedure',
  'religion',
  'religious',
  'sexual',
  'symptom',
]);

/** Words for what picks a person out when it is joined with other data. */
const QUASI = new Set([
  'age',
  'citizenship',
  'employment',
  'gender',
  'household',
  'lsoa',
  'marital',
  'nationality',
  'occupation',
  'outcode',
  'sex',
]);

/** About a code or a record rather than about the person: `codedFindingScheme`, `dateOfDiagnosis`, `procedureCount`. */
const ABOUT_IT = new Set(['scheme', 'count', 'system', 'version', 'level', 'agency']);

/** A field whose name gives away special-category or identifying content is not classified `none`. */
export const sensitiveNamed: Rule = {
  name: 'sensitive-named',
  severity: 'blocks',
  run: (subject) => subject.contract.fields.flatMap((field) => findings(subject, field)),
};

function findings(subject: Subject, field: FieldPromise): Finding[] {
  if (field.classification !== 'none' || field.role !== undefined) return [];
  const words = wordsOfName(field.name);
  if (words.some((word) => ABOUT_IT.has(word))) return [];
  const special = words.find((word) => SPECIAL.has(word));
  const quasi = words.find((word) => QUASI.has(word));
  const place = `${placeOf(subject, field.path)}.classification`;
  if (special !== undefined)
    return [
      finding(
        CONTRACT_ERRORS.sensitiveUnclassified,
        place,
        `\`${field.path}\` speaks of ${special} and is classified none.`,
        { fix: 'Classify it special-category, or rename it if it is not about the person.' },
      ),
    ];
  if (quasi === undefined) return [];
  return [
    finding(
      CONTRACT_ERRORS.quasiUnclassified,
      place,
      `\`${field.path}\` speaks of ${quasi} and is classified none.`,
      { fix: 'Classify it quasi-identifier, or rename it if it is not about the person.' },
    ),
  ];
}
