import { Faulty, type Restriction, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

/** What a submission says of whether people are restricted, beside its records and without any. */
const SYSTEM = 'https://fhir.nhs.uk/Id/nhs-number';
const [ANN, BOB] = ['9434765919', '9000000009'];
const LABELS = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const meta = (code: string | null, lastUpdated?: string): object => ({
  meta: {
    ...(code && { security: [{ system: LABELS, code }] }),
    ...(lastUpdated && { lastUpdated }),
  },
});
const patient = (number: string, more: object = {}): object => ({
  ...{ resourceType: 'Patient', id: 'p', identifier: [{ system: SYSTEM, value: number }] },
  ...{ name: [{ family: 'Okonkwo' }], address: [{ postalCode: 'YO10 4PF' }], ...more },
});
const statement = (more: object = {}): object => ({
  ...{ resourceType: 'MedicationStatement', id: 's', status: 'active' },
  ...{ subject: { reference: 'Patient/p' }, medicationCodeableConcept: { text: 'Aspirin' } },
  ...more,
});
const bundle = (...resources: object[]): string =>
  JSON.stringify({
    ...{ resourceType: 'Bundle', type: 'collection' },
    entry: resources.map((resource) => ({ resource })),
  });

async function read(text: string, lines = false): Promise<SourceItem<MedicineEntry>[]> {
  async function* body() {
    yield Buffer.from(text);
  }
  const contentType = lines ? 'application/fhir+ndjson' : 'application/fhir+json';
  const items: SourceItem<MedicineEntry>[] = [];
  for await (const item of fhir.read({ contentType, body: body(), environment: 'test' }))
    items.push(item);
  return items;
}
const told = ({ person, restricted, at }: Restriction): string =>
  `${person.nhsNumber ?? `${person.local?.issuer} ${person.local?.id}`} ${restricted}${at ? ` ${at}` : ''}`;
/** Of each item what became of it, with what it says of its person. */
const saying = async (text: string, lines = false): Promise<string[]> =>
  (await read(text, lines)).map(
    (item) =>
      `${item.sourceId} ${item.outcome ? `${item.outcome} ${item.errors.map(({ code, path }) => `${code} ${path}`).join()}` : 'read'}` +
      (item.restriction ? `: ${told(item.restriction)}` : ''),
  );

describe('beside a record', () => {
  it.each([
    ['R', true],
    ['V', true],
    ['U', false],
    ['N', false],
  ])('a patient marked %s', async (code, restricted) => {
    expect(await saying(bundle(patient(ANN, meta(code)), statement()))).toEqual([
      `MedicationStatement/s read: ${ANN} ${restricted}`,
    ]);
  });

  it('with the time of its last change', async () => {
    const at = '2026-03-01T10:00:00Z';
    expect(await saying(bundle(patient(ANN, meta('R', at)), statement()))).toEqual([
      `MedicationStatement/s read: ${ANN} true ${new Date(at).toISOString()}`,
    ]);
    // When it was changed cannot be told, so nothing is lifted; a mark holds all the same.
    for (const [code, said] of [
      ['U', ''],
      ['R', `: ${ANN} true`],
    ] as const)
      expect(await saying(bundle(patient(ANN, meta(code, 'lately')), statement()))).toEqual([
        `MedicationStatement/s read${said}`,
      ]);
  });

  it('whatever becomes of the record', async () => {
    const [item] = await read(bundle(patient(ANN, meta('R')), statement({ status: undefined })));
    const { record, restriction } = item as { record: MedicineEntry; restriction: Restriction };
    expect(toMedicationStatement(record)).toBeInstanceOf(Faulty);
    expect(told(restriction)).toBe(`${ANN} true`);
    const drug = { resourceType: 'Medication', id: 'm', code: { text: 7 } };
    const of = statement({
      ...{
        medicationCodeableConcept: undefined,
        medicationReference: { reference: 'Medication/m' },
      },
    });
    expect(await saying(bundle(patient(ANN, meta('R')), drug, of))).toEqual([
      `MedicationStatement/s quarantined MESH-2132 /medicationReference/code/text: ${ANN} true`,
    ]);
  });

  it('a contained patient cannot have a label: one that lifts says nothing', async () => {
    const of = (more: object) =>
      bundle(statement({ subject: { reference: '#p' }, contained: [patient(ANN, more)] }));
    expect(await saying(of(meta('U')))).toEqual(['MedicationStatement/s read']);
    expect(await saying(of(meta('R')))).toEqual([`MedicationStatement/s read: ${ANN} true`]);
  });

  it('no patient, one without a mark, or one not shown, says nothing', async () => {
    expect(await saying(bundle(patient(ANN), statement()))).toEqual(['MedicationStatement/s read']);
    expect(await saying(JSON.stringify(patient(ANN)))).toEqual([
      'Patient notUsed MESH-2141 /resourceType',
    ]);
    const subject = { identifier: { system: SYSTEM, value: ANN } };
    expect(await saying(bundle(statement({ subject })))).toEqual(['MedicationStatement/s read']);
    expect(await saying(bundle(patient(ANN, meta('REDACTED')), statement()))).toEqual([
      'MedicationStatement/s read',
    ]);
  });

  it('the record is held whole, and its place taken out when it is shown', async () => {
    const [item] = await read(bundle(patient(ANN, meta('R')), statement()));
    const [change] = toMedicationStatement(
      (item as { record: MedicineEntry }).record,
    ) as unknown as { content: { postcode: string } }[];
    expect(change!.content.postcode).toBe('YO10 4PF');
  });
});

describe('a patient to whom nothing refers', () => {
  it('is left out, and what they say of being restricted holds', async () => {
    for (const text of [JSON.stringify(patient(ANN, meta('R'))), bundle(patient(ANN, meta('R')))])
      expect(await saying(text)).toEqual([`Patient notUsed MESH-2141 /resourceType: ${ANN} true`]);
    const byNumber = { subject: { identifier: { system: SYSTEM, value: ANN } } };
    expect(await saying(bundle(patient(ANN, meta('R')), statement(byNumber)))).toEqual([
      'MedicationStatement/s read',
      `Patient notUsed MESH-2141 /resourceType: ${ANN} true`,
    ]);
    expect(await saying(JSON.stringify(patient(ANN, meta('U'))))).toEqual([
      `Patient notUsed MESH-2141 /resourceType: ${ANN} false`,
    ]);
  });

  it('nothing is landed of one who is not restricted, and of one who is only who that is', async () => {
    const [free] = await read(JSON.stringify(patient(ANN, meta('U'))));
    expect(free!.raw).toBe('{"resourceType":"Patient"}');
    const [restricted] = await read(JSON.stringify(patient(ANN, meta('R'))));
    expect(restricted!.raw).not.toMatch(/Okonkwo|YO10/);
    expect(await saying(String(restricted!.raw))).toEqual([
      `Patient notUsed MESH-2141 /resourceType: ${ANN} true`,
    ]);
  });

  it('known by a local identifier, whose issuer stands elsewhere in the submission', async () => {
    const practice = {
      ...{ resourceType: 'Organization', id: 'o' },
      identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'B82005' }],
    };
    const local = [{ value: 'R-4471', assigner: { reference: 'Organization/o' } }];
    const text = bundle(practice, patient(ANN, { ...meta('R'), identifier: local }));
    expect((await saying(text)).at(-1)).toBe(
      'Patient notUsed MESH-2141 /resourceType: B82005 R-4471 true',
    );
  });

  it('marked, but who it is cannot be told, or the rest cannot be read: quarantined, not left out', async () => {
    const invalid = { identifier: [{ system: SYSTEM, value: '9434765910' }] };
    expect(await saying(JSON.stringify(patient(ANN, { ...meta('R'), ...invalid })))).toEqual([
      'Patient quarantined MESH-2202 /identifier',
    ]);
    expect(await saying(JSON.stringify(patient(ANN, { ...meta('R'), identifier: [] })))).toEqual([
      'Patient quarantined MESH-2211 ',
    ]);
    expect(await saying(JSON.stringify(patient(ANN, invalid)))).toEqual([
      'Patient notUsed MESH-2141 /resourceType',
    ]);
    const broken = patient(ANN, { ...meta('V'), gender: 7 });
    const [item] = await read(JSON.stringify(broken));
    expect(item).toMatchObject({ outcome: 'quarantined', errors: [{ path: '/gender' }] });
    expect(item!.raw).not.toMatch(/Okonkwo|YO10/);
    // What is kept can be read, and then holds.
    expect(await saying(String(item!.raw))).toEqual([
      `Patient notUsed MESH-2141 /resourceType: ${ANN} true`,
    ]);
  });

  it('of two states of one patient the later counts, if neither says when', async () => {
    const [marked, free] = [patient(ANN, meta('R')), patient(ANN, meta('U'))];
    const left = 'Patient notUsed MESH-2141 /resourceType';
    expect(await saying(bundle(marked, free))).toEqual([left, `${left}: ${ANN} false`]);
    expect(await saying(bundle(free, marked))).toEqual([left, `${left}: ${ANN} true`]);
    expect(await saying(bundle(marked, free, statement()))).toEqual([
      `MedicationStatement/s read: ${ANN} false`,
      left,
    ]);
    const timed = patient(ANN, meta('R', '2026-03-02T00:00:00Z'));
    expect(await saying(bundle(timed, free))).toEqual([
      `${left}: ${ANN} true 2026-03-02T00:00:00.000Z`,
      `${left}: ${ANN} false`,
    ]);
  });

  it('each of two people of one id says it of themselves', async () => {
    const lines = [patient(ANN, meta('R')), patient(BOB, meta('U'))].map((one) =>
      JSON.stringify(one),
    );
    const left = 'Patient notUsed MESH-2141 /resourceType';
    expect(await saying(lines.join('\n'), true)).toEqual([
      `${left}: ${ANN} true`,
      `${left}: ${BOB} false`,
    ]);
  });
});
