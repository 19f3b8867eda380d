import { Faulty, type SourceItem, type Upsert } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import type { MedicationStatement } from '../../products/medication-statement/record.gen.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

/** Which of a patient's identifiers say who they are, and which are those of others too. */
const ANN = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9434765919' };
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const TABLE_0203 = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const [PATIENT, FAMILY] = ['urn:emis:patient', 'urn:emis:family'];
const assigner = (value = 'B81016') => ({ identifier: { system: ODS, value } });
const local = (system: string | undefined, value: string, more: object = {}) => ({
  ...{ system, value, assigner: assigner(), ...more },
});
const typed = (code: string, system?: string | null) => ({
  type: { coding: [{ ...(system !== null && { system: system ?? TABLE_0203 }), code }] },
});
const said = (text: string) => ({ type: { text } });

async function itemsOf(text: string): Promise<SourceItem<MedicineEntry>[]> {
  async function* body() {
    yield Buffer.from(text);
  }
  const contentType = 'application/fhir+json';
  const items: SourceItem<MedicineEntry>[] = [];
  for await (const item of fhir.read({ contentType, body: body(), environment: 'test' }))
    items.push(item);
  return items;
}
function toldOf(item: SourceItem<MedicineEntry>): string {
  const result = item.outcome ? new Faulty([...item.errors]) : toMedicationStatement(item.record);
  if (result instanceof Faulty)
    return result.faults.map(({ code, path }) => `${code} ${path}`).join();
  const [{ person }] = result as [Upsert<MedicationStatement>];
  const locals = [person.local, ...(person.others ?? [])];
  return [person.nhsNumber, ...locals.map((one) => one && `${one.issuer} ${one.id}`)].join();
}
/** Whose a medicine is, in whatever order their identifiers stand, and again of what was landed of it. */
async function personOf(...identifiers: object[]): Promise<string> {
  const told = async (identifier: object[]) => {
    const statement = {
      ...{ resourceType: 'MedicationStatement', id: 's', status: 'active' },
      ...{ medicationCodeableConcept: { text: 'Aspirin' }, subject: { reference: 'Patient/p' } },
      meta: { lastUpdated: '2026-03-01T12:00:00Z' },
    };
    const patient = { resourceType: 'Patient', id: 'p', identifier };
    const entry = [statement, patient].map((resource) => ({ resource }));
    const [item] = await itemsOf(JSON.stringify({ resourceType: 'Bundle', entry }));
    const [again] = await itemsOf(String(item!.raw));
    expect(toldOf(again!)).toBe(toldOf(item!));
    return toldOf(item!);
  };
  const person = await told(identifiers);
  expect(await told(identifiers.toReversed())).toBe(person);
  return person;
}

describe('a further identifier', () => {
  it('of another numbering system is not the person’s other name: it may be somebody’s first', async () => {
    expect(await personOf(ANN, local(PATIENT, '5001'), local(FAMILY, '5002'))).toBe(
      '9434765919,B81016 5001',
    );
    expect(await personOf(local(PATIENT, '5002'))).toBe(',B81016 5002');
    expect(await personOf(local(PATIENT, '5001'), local(FAMILY, '5002'))).toBe(',B81016 5001');
  });

  it('of the same is', async () => {
    expect(await personOf(ANN, local(PATIENT, '5001'), local(PATIENT, '5002'))).toBe(
      '9434765919,B81016 5001,B81016 5002',
    );
    expect(await personOf(local(undefined, '5001'), local(undefined, '5002'))).toBe(
      ',B81016 5001,B81016 5002',
    );
    const [one, other] = [typed('MR'), typed('MR', null)];
    expect(await personOf(local(PATIENT, '5001', one), local(PATIENT, '5002', other))).toBe(
      ',B81016 5001,B81016 5002',
    );
  });

  it.each<[string, object, object]>([
    [
      'of another issuer',
      local(PATIENT, '1'),
      local(PATIENT, '2', { assigner: assigner('C83019') }),
    ],
    ['of a system that is not stated', local(undefined, '1'), local(PATIENT, '2')],
    ['of another type', local(PATIENT, '1', typed('MR')), local(PATIENT, '2', typed('PI'))],
    ['of no type', local(PATIENT, '1', typed('MR')), local(PATIENT, '2')],
    [
      'of a type in other words',
      local(PATIENT, '1', said('own')),
      local(PATIENT, '2', said('home')),
    ],
  ])('%s is not', async (_, first, second) => {
    expect(await personOf(first, second)).toBe(',B81016 1');
    expect(await personOf(ANN, first, second)).toBe('9434765919,B81016 1');
  });

  it('with the number of the first in another system is the first, in whatever order', async () => {
    expect(await personOf(local(PATIENT, '1'), local(FAMILY, '1'), local(FAMILY, '2'))).toBe(
      ',B81016 1,B81016 2',
    );
  });
});

describe('an identifier that numbers no person’s record', () => {
  it.each(
    'VN AN ACSN TAX NI SS DL PPN PRC PRN NPI DN XX FI EI EN BC HC MB PEN SID FILL NNGBR NNFRA'.split(
      ' ',
    ),
  )('is none of theirs: %s', async (code) => {
    const other = local(PATIENT, '1', typed(code));
    expect(await personOf(ANN, other)).toBe('9434765919,');
    expect(await personOf(local(PATIENT, '7'), other)).toBe(',B81016 7');
    expect(await personOf(other)).toBe('MESH-2211 /subject/identifier');
  });

  it.each([
    ['by the table’s former address', 'http://hl7.org/fhir/v2/0203'],
    ['by its object identifier', 'urn:oid:2.16.840.1.113883.18.108'],
    ['of no system', undefined],
  ])('of the table %s', async (_, system) => {
    const other = { type: { coding: [{ code: 'own' }, { system, code: 'VN' }] } };
    expect(await personOf(ANN, local(PATIENT, '1', other))).toBe('9434765919,');
  });

  it.each(['MR', 'MRT', 'PI', 'PT', 'PE', 'PN', 'U', 'own'])(
    'not so one of type %s',
    async (code) => {
      expect(await personOf(local(PATIENT, '1', typed(code)))).toBe(',B81016 1');
    },
  );

  it('nor one whose type is of a table of its own', async () => {
    const own = typed('PRN', 'https://surgery.example/types');
    expect(await personOf(local(PATIENT, '1', own))).toBe(',B81016 1');
  });
});

describe('a local identifier that has ended', () => {
  const ended = local(PATIENT, '1', { period: { end: '2020-01-01' } });

  it('is nobody’s beside an NHS number', async () => {
    expect(await personOf(ANN, ended)).toBe('9434765919,');
    expect(await personOf({ ...ANN, period: { end: '2020-01-01' } }, ended)).toBe('9434765919,');
    expect(await personOf(ANN, ended, local(PATIENT, '2'))).toBe('9434765919,B81016 2');
  });

  it('tells who it was where there is nothing else', async () => {
    expect(await personOf(ended)).toBe(',B81016 1');
  });
});

describe('one who came alone and is restricted', () => {
  it.each<[string, object, object[]]>([
    ['by code', assigner('C83019'), []],
    [
      'contained',
      { reference: '#k' },
      [{ resourceType: 'Organization', id: 'k', identifier: [assigner('C83019').identifier] }],
    ],
  ])('is known again by the identifier of their keeper, %s', async (_, keeper, contained) => {
    const identifier = [local(PATIENT, '1'), local(FAMILY, '9', { assigner: keeper })];
    const meta = { security: [{ code: 'R' }] };
    const alone = { resourceType: 'Patient', id: 'p', meta, contained, identifier };
    const [item] = await itemsOf(JSON.stringify({ ...alone, managingOrganization: keeper }));
    expect(item!.restriction!.person.local).toEqual({ issuer: 'C83019', id: '9' });
    const [again] = await itemsOf(String(item!.raw));
    expect(again!.restriction).toEqual(item!.restriction);
  });
});
