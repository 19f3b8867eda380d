import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { FieldPromise } from '../promise/data-contract.js';
import { placeOf, type Rule, type Subject } from './check.js';

/** Every field has a classification and a treatment, and the two fit each other. */
export const fieldClassified: Rule = {
  name: 'field-classified',
  severity: 'blocks',
  run: (subject) => subject.contract.fields.flatMap((field) => findings(subject, field)),
};

function findings(subject: Subject, field: FieldPromise): Finding[] {
  const place = placeOf(subject, field.path);
  const unsaid = subject.read.unsaid.get(field.path);
  if (unsaid?.has('classification')) {
    return [
      finding(
        CONTRACT_ERRORS.fieldUnclassified,
        `${place}.classification`,
        `\`${field.path}\` is not classified.`,
      ),
    ];
  }
  if (unsaid?.has('treatment')) {
    return [
      finding(
        CONTRACT_ERRORS.treatmentMissing,
        `${place}.customProperties`,
        `\`${field.path}\` has no treatment.`,
      ),
    ];
  }
  const why = contradiction(field);
  return why === null
    ? []
    : [
        finding(
          CONTRACT_ERRORS.treatmentContradicts,
          `${place}.customProperties`,
          `\`${field.path}\` ${why}.`,
        ),
      ];
}

function contradiction({ classification, treatment, freeText, role }: FieldPromise): string | null {
  if (classification === 'direct-identifier' && treatment === 'keep')
    return 'is a direct identifier and is to be kept';
  if (freeText && treatment !== 'drop') return 'is free text and is not dropped';
  if (treatment === 'drop' && classification !== 'direct-identifier' && !freeText) {
    return 'is to be dropped, but is neither a direct identifier nor free text';
  }
  if (treatment === 'age-band' && role !== 'birth-date')
    return 'is to become an age band, but is not a birth date';
  if ((treatment === 'lsoa' || treatment === 'district') && role !== 'postcode')
    return 'is to become an area, but is not a postcode';
  return null;
}
