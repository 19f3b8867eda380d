import { medicationResource } from '../formats/fhir.js';
import type { Resource } from '../formats/fhir.js';
import type { Life } from '../life/life.js';
import { inWindows1252, WRONG_NUMBERS } from './kinds.js';
import type { RecordFault } from './kinds.js';

/** A faulty line of an NDJSON file; `id` is new to the file. */
type Line = (life: Life, id: string) => string | Buffer;
type Change = (resource: Resource, life: Life) => void;

const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';

function statement({ person, medications }: Life, id: string): Resource {
  const medication = { ...medications[0]!, id, recordedAs: 'statement' as const };
  return medicationResource(person, medication, { naming: 'coded' });
}

const changed =
  (change: Change): Line =>
  (life, id) => {
    const resource = statement(life, id);
    change(resource, life);
    return JSON.stringify(resource);
  };

const fault = (kind: string, code: string, make: Line): RecordFault<Line> => ({ kind, code, make });

export const GP_FAULTS: RecordFault<Line>[] = [
  fault('json-malformed', 'MESH-2101', (life, id) =>
    JSON.stringify(statement(life, id)).slice(0, -20),
  ),
  fault(
    'xml-not-json',
    'MESH-2102',
    (_life, id) =>
      `<MedicationStatement xmlns="http://hl7.org/fhir"><id value="${id}"/></MedicationStatement>`,
  ),
  fault('windows-1252', 'MESH-2103', (life, id) =>
    inWindows1252(JSON.stringify({ ...statement(life, id), dosage: [{ text: 'à jeun' }] })),
  ),
  fault(
    'byte-order-mark',
    'MESH-2105',
    (life, id) => `\uFEFF${JSON.stringify(statement(life, id))}`,
  ),
  fault('proto-name', 'MESH-2109', (life, id) =>
    JSON.stringify(statement(life, id)).replace('{', '{"__proto__":{"polluted":true},'),
  ),
  fault('nested-too-deep', 'MESH-2107', (life, id) =>
    JSON.stringify(statement(life, id)).replace(
      '{',
      `{"text":${'[{"div":'.repeat(80)}[]${'}]'.repeat(80)},`,
    ),
  ),
  fault(
    'no-resource-type',
    'MESH-2131',
    changed((resource) => Reflect.deleteProperty(resource, 'resourceType')),
  ),
  fault(
    'wrong-element',
    'MESH-2132',
    changed((resource) => (resource['status'] = ['active'])),
  ),
  fault(
    'impossible-date',
    'MESH-2232',
    changed((resource) => (resource['effectivePeriod'] = { start: '2026-02-30' })),
  ),
  fault(
    'unknown-code',
    'MESH-2241',
    changed((resource) => (resource['status'] = 'borrowed')),
  ),
  fault(
    'no-person',
    'MESH-2211',
    changed((resource) => (resource['subject'] = { display: 'unknown' })),
  ),
  ...WRONG_NUMBERS.map(({ kind, code, number }) =>
    fault(
      kind,
      code,
      changed((resource, { person }) => {
        const value = number(person.nhsNumber);
        resource['subject'] = { identifier: { system: NHS_NUMBER, value } };
      }),
    ),
  ),
];
