import { isUnsafeName } from '../avro/limits.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { CodeBinding, FieldPromise } from '../promise/data-contract.js';
import { placeOf, type Rule, type Subject } from './check.js';

/** A name that gives away a coded value. */
const CODED_NAME = /(?:Code|Status|Type|Category|Method|Reason|Outcome)$/;

/** Coded fields name their system and version; closed lists hold each code once. */
export const codesBound: Rule = {
  name: 'codes-bound',
  severity: 'blocks',
  run: (subject) => subject.contract.fields.flatMap((field) => findings(subject, field)),
};

function findings(subject: Subject, field: FieldPromise): Finding[] {
  const place = placeOf(subject, field.path);
  if (field.codes !== undefined) return listFindings(field, field.codes, place);
  if (field.logicalType !== 'string' || field.freeText || field.role !== undefined) return [];
  if (field.classification === 'direct-identifier' || !CODED_NAME.test(field.name)) return [];
  return [
    finding(
      CONTRACT_ERRORS.codeListBroken,
      place,
      `\`${field.path}\` looks coded and is bound to no code system.`,
      { severity: 'warning' },
    ),
  ];
}

function listFindings(
  { path, logicalType }: FieldPromise,
  codes: CodeBinding,
  place: string,
): Finding[] {
  if (logicalType !== 'string')
    return [
      finding(CONTRACT_ERRORS.codeListBroken, place, `\`${path}\` has codes but is not text.`),
    ];
  const values = codes.values ?? [];
  if (new Set(values).size < values.length)
    return [
      finding(
        CONTRACT_ERRORS.codeListBroken,
        place,
        `The code list of \`${path}\` holds a code twice.`,
      ),
    ];
  if (values.some(isUnsafeName))
    return [
      finding(
        CONTRACT_ERRORS.nameUnsafe,
        place,
        `The code list of \`${path}\` holds a name that is not allowed.`,
      ),
    ];
  return [];
}
