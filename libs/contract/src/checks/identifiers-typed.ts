import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { FieldPromise, Role } from '../promise/data-contract.js';
import { placeOf, type Rule, type Subject } from './check.js';

/** What a name gives away. */
const LOOKS_LIKE: readonly (readonly [RegExp, Role])[] = [
  [/nhsNumber$/i, 'nhs-number'],
  [/nhsNumberStatus$/i, 'nhs-number-status'],
  [/(?:^ods|Ods)(?:Code)?$/, 'ods-code'],
  [/postcode$/i, 'postcode'],
  [/(?:birthDate|dateOfBirth)$/i, 'birth-date'],
  [/^(?:localPatientId|laPersonUniqueIdentifier)$/, 'local-identifier'],
];

const IDENTIFIES: ReadonlySet<Role> = new Set<Role>([
  'nhs-number',
  'local-identifier',
  'postcode',
  'birth-date',
]);

/** NHS numbers, ODS codes, postcodes, birth dates and local identifiers say what they are, so that they are checked and protected. */
export const identifiersTyped: Rule = {
  name: 'identifiers-typed',
  severity: 'blocks',
  run: (subject) =>
    subject.contract.fields.flatMap((field) => [
      ...missingRole(subject, field),
      ...contradictions(subject, field),
    ]),
};

function missingRole(subject: Subject, field: FieldPromise): Finding[] {
  const [, role] = LOOKS_LIKE.find(([pattern]) => pattern.test(field.name)) ?? [];
  if (role === undefined || field.role === role) return [];
  const fix = `Add the custom property \`role\` with value ${role}, or rename the field.`;
  return [
    finding(
      CONTRACT_ERRORS.roleMissing,
      placeOf(subject, field.path),
      `\`${field.path}\` looks like ${role} and does not say so.`,
      { fix },
    ),
  ];
}

function contradictions(subject: Subject, field: FieldPromise): Finding[] {
  const { role, classification, logicalType, path } = field;
  if (role === undefined) return [];
  const place = placeOf(subject, path);
  const due = role === 'birth-date' ? 'date' : 'string';
  const findings: Finding[] = [];
  if (IDENTIFIES.has(role) && classification !== 'direct-identifier') {
    findings.push(
      finding(
        CONTRACT_ERRORS.roleContradicts,
        place,
        `\`${path}\` is ${role}, and so a direct identifier.`,
      ),
    );
  }
  if (logicalType !== due)
    findings.push(
      finding(CONTRACT_ERRORS.roleContradicts, place, `\`${path}\` is ${role}, and so a ${due}.`),
    );
  return findings;
}
