import { Faulty, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import type { MedicineEntry } from '../../sources/fhir/medicine-entry.js';
import { fhir } from '../../sources/fhir.js';
import { toMedicationStatement } from './map.js';

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const ANN = '9434765919';
const BOB = '9000000009';
const number = (value: string) => ({ identifier: [{ system: NHS, value }] });

const patient = (more: object = {}, id = 'p') => ({
  ...{ resourceType: 'Patient', id, ...number(ANN) },
  ...more,
});
const aspirin = { text: 'Aspirin' };
const statement = (more: object = {}) => ({
  ...{ resourceType: 'MedicationStatement', id: 's', status: 'active' },
  ...{ medicationCodeableConcept: aspirin, subject: { reference: 'Patient/p' }, ...more },
});
const request = (more: object = {}) => ({
  ...statement({ resourceType: 'MedicationRequest', intent: 'order' }),
  ...more,
});
const drug = (more: object) => ({ resourceType: 'Medication', id: 'm', code: aspirin, ...more });
const referring = {
  medicationCodeableConcept: undefined,
  medicationReference: { reference: 'Medication/m' },
};
const modified = { modifierExtension: [{ url: 'https://example.org/not', valueBoolean: true }] };
const ruled = { implicitRules: 'https://example.org/rules' };
const bundle = (...resources: object[]) =>
  JSON.stringify({
    ...{ resourceType: 'Bundle', type: 'collection' },
    entry: resources.map((resource) => ({ resource })),
  });

/** Of the medicine of a submission: what becomes of it, or each fault. */
async function becomes(text: string, lines = false): Promise<string[]> {
  const body = (async function* () {
    yield Buffer.from(text);
  })();
  const contentType = lines ? 'application/fhir+ndjson' : 'application/fhir+json';
  const items: SourceItem<MedicineEntry>[] = [];
  for await (const item of fhir.read({ contentType, body, environment: 'test' })) items.push(item);
  const faults = (all: readonly { code: string; path: string }[]) =>
    all.map(({ code, path }) => `${code} ${path}`);
  return items.flatMap((item) => {
    if (item.outcome === 'notUsed') return [];
    if (item.outcome) return faults(item.errors);
    const result = toMedicationStatement(item.record);
    return result instanceof Faulty ? faults(result.faults) : result.map(({ change }) => change);
  });
}

describe('what changes the meaning of a resource refuses it', () => {
  it.each<[string, object[], string]>([
    ['of an instruction', [statement({ dosage: [{}, modified] })], '/dosage/1/modifierExtension'],
    [
      'of an instruction of a request',
      [request({ dosageInstruction: [modified] })],
      '/dosageInstruction/0/modifierExtension',
    ],
    [
      'of an amount',
      [
        statement({
          dosage: [{ doseAndRate: [{ doseQuantity: { value: 5, comparator: '<', unit: 'mg' } }] }],
        }),
      ],
      '/dosage/0/doseAndRate/0/doseQuantity/comparator',
    ],
    [
      'of when it is taken',
      [
        statement({
          dosage: [{ asNeededBoolean: false, asNeededCodeableConcept: { text: 'pain' } }],
        }),
      ],
      '/dosage/0/asNeededCodeableConcept',
    ],
    [
      'of what is supplied',
      [request({ dispenseRequest: modified })],
      '/dispenseRequest/modifierExtension',
    ],
    [
      'of how much is supplied',
      [request({ dispenseRequest: { quantity: { value: 28, comparator: '>=' } } })],
      '/dispenseRequest/quantity/comparator',
    ],
    ['of the patient', [statement(), patient(modified)], '/subject/modifierExtension'],
    ['of the rules for the patient', [statement(), patient(ruled)], '/subject/implicitRules'],
    [
      'of the medicine',
      [statement(referring), drug(modified)],
      '/medicationReference/modifierExtension',
    ],
    [
      'of a medicine entered in error',
      [statement(referring), drug({ status: 'entered-in-error' })],
      '/medicationReference/status',
    ],
    [
      'of two medicines',
      [statement({ ...referring, medicationCodeableConcept: aspirin }), drug({})],
      '/medicationReference',
    ],
    [
      'of two times',
      [statement({ effectiveDateTime: '2026-01-02', effectivePeriod: { start: '2020-01-01' } })],
      '/effectivePeriod',
    ],
  ])('%s', async (_, resources, path) => {
    const all = resources.some((one) => (one as { id: string }).id === 'p')
      ? resources
      : [...resources, patient()];
    expect(await becomes(bundle(...all))).toEqual([`MESH-2132 ${path}`]);
  });

  it('a request without its intent', async () => {
    expect(await becomes(bundle(request({ intent: undefined }), patient()))).toEqual([
      'MESH-2133 /intent',
    ]);
  });

  it('but not what takes a record back', async () => {
    const back = { status: 'entered-in-error' };
    for (const resources of [
      [request({ ...back, intent: undefined })],
      [statement({ ...back, ...referring }), drug(modified)],
      [statement({ ...back, dosage: [modified] })],
      [request({ ...back, doNotPerform: true })],
      [statement({ ...back, ...modified })],
      [request({ ...back, ...modified, ...ruled, doNotPerform: true })],
    ])
      expect(await becomes(bundle(...resources, patient()))).toEqual(['retract']);
  });

  it.each<[string, object, string]>([
    ['an order not to give', { doNotPerform: true }, '/doNotPerform'],
    ['a modifier', modified, '/modifierExtension'],
    ['rules', ruled, '/implicitRules'],
  ])('%s of what is not taken back', async (_, more, path) => {
    expect(await becomes(bundle(request(more), patient()))).toEqual([`MESH-2132 ${path}`]);
  });

  it('a retraction whose time or patient cannot be read is held up', async () => {
    const back = { status: 'entered-in-error' };
    const undated = statement({ ...back, meta: { lastUpdated: 'lately' } });
    expect(await becomes(bundle(undated, patient()))).toEqual(['MESH-2231 /meta/lastUpdated']);
    expect(await becomes(bundle(statement(back), patient(modified)))).toEqual([
      'MESH-2132 /subject/modifierExtension',
    ]);
  });
});

describe('a patient who was replaced', () => {
  const replaced = (other: object) => patient({ link: [{ type: 'replaced-by', other }] });
  const REFUSED = ['MESH-2132 /subject/link'];
  it.each<[string, object[], string[]]>([
    ['by nobody here', [replaced({ reference: 'Patient/q' })], REFUSED],
    [
      'by somebody else',
      [replaced({ reference: 'Patient/q' }), patient(number(BOB), 'q')],
      REFUSED,
    ],
    [
      'by another resource of the same person',
      [replaced({ reference: 'Patient/q' }), patient({}, 'q')],
      ['upsert'],
    ],
    [
      'as an identifier beside the link says',
      [replaced({ identifier: { system: NHS, value: '943 476 5919' } })],
      ['upsert'],
    ],
    ['who replaced another', [patient({ link: [{ type: 'replaces', other: {} }] })], ['upsert']],
    ['who is no longer active', [patient({ active: false })], ['upsert']],
  ])('%s', async (_, people, expected) => {
    expect(await becomes(bundle(statement(), ...people))).toEqual(expected);
  });
});

describe('a name twice in one object', () => {
  const text = bundle(statement(), request({ id: 'r' }), patient());
  const twice = text.replace('"status":"active"', '"status":"entered-in-error","status":"active"');

  it('of an entry refuses that entry', async () => {
    expect(await becomes(twice)).toEqual(['MESH-2641 /entry/0', 'upsert']);
  });

  it('of a line refuses that line', async () => {
    const lines = [statement(), request({ id: 'r' }), patient()].map((one) => JSON.stringify(one));
    const first = lines[0]!.replace('"status"', '"status":"stopped","status"');
    expect(await becomes([first, ...lines.slice(1)].join('\n'), true)).toEqual([
      'MESH-2641 line 1',
      'upsert',
    ]);
  });

  it('of a resource or of what is around the entries refuses the submission', async () => {
    const alone = JSON.stringify(statement()).replace('"id"', '"id":"t","id"');
    for (const one of [alone, '{"resourceType":"Bundle","entry":[],"entry":[]}'])
      await expect(becomes(one)).rejects.toMatchObject({ fault: { code: 'MESH-2641' } });
  });
});
