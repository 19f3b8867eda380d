import { Faulty, type SourceItem, type Upsert } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import type { MedicationStatement } from '../../products/medication-statement/record.gen.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const LOCAL = 'https://surgery.example/records';
const ANN = '9434765919';
const BOB = '9000000009';

type Identifier = { system: string; value: string; use?: string };
const nhs = (value: string): Identifier => ({ system: NHS, value });
const patient = (identifier: Identifier[], more: object = {}) => ({
  ...{ resourceType: 'Patient', id: 'p', gender: 'female', identifier, ...more },
});
const statement = (reference: string, id = 's') => ({
  ...{ resourceType: 'MedicationStatement', id, status: 'active', subject: { reference } },
  medicationCodeableConcept: { text: 'Aspirin' },
});
const by = (system: string, value: string, more = '') =>
  `Patient?identifier=${system}|${value}${more}`;
const transaction = (...resources: object[]): string =>
  JSON.stringify({
    ...{ resourceType: 'Bundle', type: 'transaction' },
    entry: resources.map((resource, at) => ({
      fullUrl: `urn:uuid:0c5e6ad0-9e1f-4b6e-8f10-1d2b6d0e6f0${at}`,
      resource,
      request: { method: 'POST', url: (resource as { resourceType: string }).resourceType },
    })),
  });
const linesOf = (...resources: object[]): string =>
  resources.map((one) => JSON.stringify(one)).join('\n');

async function itemsOf(
  text: string,
  lines = false,
  environment: 'test' | 'production' = 'test',
): Promise<SourceItem<MedicineEntry>[]> {
  async function* body() {
    yield Buffer.from(text);
  }
  const contentType = lines ? 'application/fhir+ndjson' : 'application/fhir+json';
  const items: SourceItem<MedicineEntry>[] = [];
  for await (const item of fhir.read({ contentType, body: body(), environment })) items.push(item);
  return items;
}

/** Of each item whom it is published of and what their patient says of them, or its faults. */
function toldOf(item: SourceItem<MedicineEntry>): string {
  const result = item.outcome ? new Faulty([...item.errors]) : toMedicationStatement(item.record);
  if (result instanceof Faulty)
    return result.faults.map(({ code, path }) => `${code} ${path}`).join();
  const { person, content } = result[0] as Upsert<MedicationStatement>;
  return `${person.nhsNumber ?? person.local?.id} ${content.administrativeGender ?? 'unknown'}`;
}
const told = async (text: string, lines = false) => (await itemsOf(text, lines)).map(toldOf);

const UNRESOLVED = 'MESH-2134 /subject/reference';
const LEFT_OUT = 'MESH-2141 /resourceType';

describe('a conditional reference by NHS number', () => {
  it.each([
    ['as it is', by(NHS, ANN)],
    ['with its bar encoded', by(NHS, ANN).replace('|', '%7C')],
    ['with everything encoded', `Patient?identifier=${encodeURIComponent(`${NHS}|${ANN}`)}`],
    ['with others after it', by(NHS, ANN, '&active=true&_count=1')],
    ['with others before it', by(NHS, ANN).replace('?', '?active=true&')],
    ['with another identifier before it', by(NHS, ANN).replace('?', `?identifier=${LOCAL}|7&`)],
    ['by an older name of the system', by('http://fhir.nhs.net/Id/nhs-number', ANN)],
    ['as people write it', by(NHS, '943 476 5919')],
  ])('means the patient of the submission, wherever that stands: %s', async (_, reference) => {
    const [ann, bob] = [patient([nhs(ANN)]), patient([nhs(BOB)], { id: 'q', gender: 'male' })];
    const one = statement(reference);
    for (const all of [
      [ann, one, bob],
      [one, bob, ann],
    ]) {
      expect(await told(transaction(...all))).toEqual([`${ANN} female`, LEFT_OUT]);
      expect(await told(linesOf(...all), true)).toEqual([`${ANN} female`, LEFT_OUT]);
    }
    expect(await told(transaction(one))).toEqual([`${ANN} unknown`]);
    expect(await told(transaction(one, bob))).toEqual([`${ANN} unknown`, LEFT_OUT]);
    expect(await told(JSON.stringify(one))).toEqual([`${ANN} unknown`]);
  });

  it('means the patient also where entries name their servers', async () => {
    const entry = [
      { fullUrl: 'https://a/fhir/MedicationStatement/s', resource: statement(by(NHS, ANN)) },
      { fullUrl: 'https://a/fhir/Patient/p', resource: patient([nhs(ANN)]) },
    ];
    const text = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
    expect(await told(text)).toEqual([`${ANN} female`]);
  });

  it.each([
    ['without servers', 'urn:uuid:0c5e6ad0-9e1f-4b6e-8f10-1d2b6d0e6f0'],
    ['of a server', 'https://a/fhir/Basic/'],
  ])('means the patient of its own Bundle, which waits for nothing else, %s', async (_, base) => {
    const bundles = [
      transaction(statement(by(NHS, ANN)), patient([nhs(ANN)])),
      transaction(statement(by(NHS, ANN), 't'), patient([nhs(ANN)], { gender: 'other' })),
      transaction(statement(by(NHS, ANN), 'u')),
    ];
    let fed = 0;
    async function* body() {
      for (const text of bundles) {
        fed++;
        yield Buffer.from(`${text.replaceAll(/urn:uuid:[-0-9a-f]{35}/g, base)}\n`);
      }
    }
    const input = { contentType: 'application/fhir+ndjson', environment: 'test' } as const;
    const all: string[] = [];
    for await (const item of fhir.read({ ...input, body: body() }))
      all.push(`${fed} ${toldOf(item)}`);
    expect(all).toEqual([`1 ${ANN} female`, `2 ${ANN} other`, `3 ${ANN} unknown`]);
  });

  it('of two patients of that number means neither, but the person', async () => {
    const two = [patient([nhs(ANN)]), patient([nhs(ANN)], { id: 'q', gender: 'male' })];
    expect(await told(transaction(statement(by(NHS, ANN)), ...two))).toEqual([
      ...[`${ANN} unknown`, LEFT_OUT, LEFT_OUT],
    ]);
  });

  it('means the later of two states of one patient', async () => {
    const two = [patient([nhs(ANN)]), patient([nhs(ANN)], { gender: 'other' })];
    expect((await told(transaction(statement(by(NHS, ANN)), ...two)))[0]).toBe(`${ANN} other`);
  });

  it('does not mean a patient who has the number no longer', async () => {
    const old = patient([{ ...nhs(ANN), use: 'old' }, nhs(BOB)]);
    expect(await told(transaction(statement(by(NHS, ANN)), old))).toEqual([
      `${ANN} unknown`,
      LEFT_OUT,
    ]);
  });

  it('brings that the patient is restricted, and is landed as what reads the same again', async () => {
    const marked = patient([nhs(ANN)], { meta: { security: [{ code: 'R' }] } });
    const [item] = await itemsOf(transaction(statement(by(NHS, ANN)), marked));
    expect(item!.restriction?.restricted).toBe(true);
    const [again] = await itemsOf(String(item!.raw));
    expect(again).toEqual(item);
    expect(toldOf(again!)).toBe(`${ANN} female`);
  });

  it.each([
    ['modulus 11', '9434765910', 'MESH-2202'],
    ['one digit repeated', '9999999999', 'MESH-2203'],
    ['outside the test range', '5000000005', 'MESH-2204'],
    ['too short', '12345', 'MESH-2201'],
  ])('is checked as any other: %s', async (_, value, code) => {
    expect(await told(transaction(statement(by(NHS, value))))).toEqual([
      `${code} /subject/identifier`,
    ]);
  });

  it('may be outside the test range in production', async () => {
    const [item] = await itemsOf(
      transaction(statement(by(NHS, '5000000005'))),
      false,
      'production',
    );
    expect(toldOf(item!)).toBe('5000000005 unknown');
  });

  it.each([
    ['two numbers', by(NHS, ANN, `&identifier=${NHS}|${BOB}`)],
    ['the number of another beside it', by(NHS, ANN), nhs(BOB)],
  ])('contradicts itself with %s', async (_, reference, identifier?: object) => {
    const one = { ...statement(reference), subject: { reference, identifier } };
    expect(await told(transaction(one))).toEqual(['MESH-2208 /subject/identifier']);
  });
});

describe('a conditional reference by another identifier', () => {
  const known = patient([{ system: LOCAL, value: 'R-4471' }, nhs(ANN)]);

  it('means the patient of the submission who has it', async () => {
    for (const reference of [by(LOCAL, 'R-4471'), by(LOCAL, 'R-4471').replace('|', '%7C')])
      for (const all of [
        [statement(reference), known],
        [known, statement(reference)],
      ])
        expect(await told(transaction(...all))).toEqual([`${ANN} female`]);
  });

  it.each([
    ['nobody here has it', by(LOCAL, 'R-1')],
    ['of another system', by('https://other.example', 'R-4471')],
    ['of no system', 'Patient?identifier=R-4471'],
    ['whatever its system', 'Patient?identifier=|R-4471'],
    ['whatever its value', by(LOCAL, '')],
    ['no number', by(NHS, '')],
    ['what else has to hold is not read', by(LOCAL, 'R-4471', '&organization=Organization/7')],
    ['one of several', by(LOCAL, `R-4471,${NHS}|${ANN}`)],
    ['one of several numbers', by(NHS, `${ANN},${NHS}|${BOB}`)],
    ['everybody else', by(LOCAL, 'R-4471').replace('=', ':not=')],
    ['longer than any that is meant', by(LOCAL, `R-4471${' '.repeat(2_000)}`)],
    ['no identifier', 'Patient?family=Okonkwo'],
    ['another kind', by(LOCAL, 'R-4471').replace('Patient', 'Group')],
  ])('points to nothing: %s', async (_, reference) => {
    expect(await told(transaction(statement(reference), known))).toEqual([UNRESOLVED, LEFT_OUT]);
  });

  it('of two who have it means nobody, and says why', async () => {
    const other = patient([{ system: LOCAL, value: 'R-4471' }, nhs(BOB)], { id: 'q' });
    const [item] = await itemsOf(transaction(statement(by(LOCAL, 'R-4471')), known, other));
    const { faults } = toMedicationStatement((item as { record: MedicineEntry }).record) as Faulty;
    expect(faults.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'MESH-2134 A reference points to nothing in this submission: several patients have this identifier',
    ]);
  });

  it('tells of a second who has it and comes when some were given out', async () => {
    const COUNT = 10_500;
    const many = Array.from({ length: COUNT }, (_, at) => statement(by(LOCAL, 'R-4471'), `s${at}`));
    const other = patient([{ system: LOCAL, value: 'R-4471' }, nhs(BOB)], { id: 'q' });
    const all = await told(linesOf(known, ...many, other), true);
    const given = all.filter((one) => one === `${ANN} female`).length;
    expect(given).toBeGreaterThanOrEqual(COUNT - 10_000);
    expect(all.slice(given)).toEqual([
      ...Array.from({ length: COUNT - given }, () => UNRESOLVED),
      'MESH-2640 /id',
    ]);
  });

  it('does not show the identifier in the name of the record', async () => {
    const one = statement(by(LOCAL, 'R-4471'), 'R-4471');
    expect((await itemsOf(transaction(one)))[0]!.sourceId).toBe('MedicationStatement (no. 1)');
  });
});
