import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { FieldPromise, Role } from '../promise/data-contract.js';
import { placeOf, type Rule, type Subject } from './check.js';

/** What a name gives away. */
const LOOKS_LIKE: readonly (readonly [RegExp, Role])[] = [
  [/nhs(?:Number|No)$/i, 'nhs-number'],
  [/nhsNumberStatus$/i, 'nhs-number-status'],
  [/(?:^ods|Ods)(?:Code)?$/, 'ods-code'],
  [/postcode$/i, 'postcode'],
  [/(?:birthDate|dateOfBirth)$/i, 'birth-date'],
  [/(?:^dob|Dob|DOB)$/, 'birth-date'],
  [/^(?:localPatientId|laPersonUniqueIdentifier)$/, 'local-identifier'],
];

/**
 * Names of what has no role of its own, and tells who somebody is or where they can be reached. Of a person alone: a provider's telephone
 * number is nobody's, so what stands before must be somebody, or nothing.
 */
const WHO = /^(?:(?:patient|person|client|carer|contact|home)(?=[A-Z]))?/.source;
const SAYS_WHO: readonly RegExp[] = [
  /(?:^|[a-z])(?:[sS]urname|[fF]orename|[fF]amilyName|[gG]ivenName)s?$/,
  /^(?:patient|person|client|carer|full|first|last|maiden|preferred)(?:Full|First|Last|Middle)?Names?$/,
  new RegExp(`${WHO}(?:e[mM]ail|E[mM]ail|[pP]hone|[tT]elephone|[mM]obile)(?:Address|Number|No)?$`),
  new RegExp(`${WHO}[aA]ddress(?:Line\\d?)?s?$`),
];

const IDENTIFIES: ReadonlySet<Role> = new Set<Role>([
  'nhs-number',
  'local-identifier',
  'postcode',
  'birth-date',
]);

/**
 * NHS numbers, ODS codes, postcodes, birth dates and local identifiers say what they are, so that they are checked and protected; what is
 * named after a person's name, address or telephone is in no view.
 */
export const identifiersTyped: Rule = {
  name: 'identifiers-typed',
  severity: 'blocks',
  run: (subject) =>
    subject.contract.fields.flatMap((field) => [
      ...missingRole(subject, field),
      ...contradictions(subject, field),
      ...unclassified(subject, field),
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

function unclassified(subject: Subject, { name, path, classification, freeText }: FieldPromise) {
  const isDropped = classification === 'direct-identifier' || freeText;
  if (isDropped || !SAYS_WHO.some((pattern) => pattern.test(name))) return [];
  return [
    finding(
      CONTRACT_ERRORS.identifierUnclassified,
      placeOf(subject, path),
      `\`${path}\` is named after what says who somebody is.`,
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
