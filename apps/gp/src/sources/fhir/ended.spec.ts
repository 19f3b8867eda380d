import { Faulty, type NamedPerson, type SourceItem, type Upsert } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import type { MedicationStatement } from '../../products/medication-statement/record.gen.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

/** Identifiers, registrations and addresses that have ended. */
const SYSTEM = 'https://fhir.nhs.uk/Id/nhs-number';
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const [ANN, BOB] = ['9434765919', '9000000009'];
const until = (end?: string) => (end === undefined ? {} : { period: { end } });
const nhs = (value: string, end?: string) => ({ system: SYSTEM, value, ...until(end) });
const local = (value: string, end?: string, issuer = 'B81016', more: object = {}) => ({
  ...{ system: 'https://surgery.example/records', value, ...until(end), ...more },
  assigner: { identifier: { system: ODS, value: issuer } },
});
const practice = (value: string, end?: string) => ({
  identifier: { system: ODS, value, ...until(end) },
});
const address = (postalCode: string | undefined, use: string, end?: string) => ({
  ...{ use, ...until(end) },
  ...(postalCode && { postalCode }),
});
const CHANGED = { meta: { lastUpdated: '2026-03-01T12:00:00Z' } };
const statement = (more: object) => ({
  ...{ resourceType: 'MedicationStatement', id: 's', status: 'active' },
  ...{ medicationCodeableConcept: { text: 'Aspirin' }, subject: { reference: 'Patient/p' } },
  ...more,
});
const patientOf = (more: object) => ({
  ...{ resourceType: 'Patient', id: 'p', identifier: [nhs(ANN)], ...more },
});

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
type Told = string[] | { person: NamedPerson; content: Partial<MedicationStatement> };
function toldOf(item: SourceItem<MedicineEntry>): Told {
  const result = item.outcome ? new Faulty([...item.errors]) : toMedicationStatement(item.record);
  if (result instanceof Faulty) return result.faults.map(({ code, path }) => `${code} ${path}`);
  const [{ person, content }] = result as [Upsert<MedicationStatement>];
  return { person, content };
}
/** What is told of a medicine and its patient, and again of what was landed of the two. */
async function told(patient: object, medicine: object = CHANGED, ...others: object[]) {
  const resources = [statement(medicine), patientOf(patient), ...others];
  const entry = resources.map((resource) => ({ resource }));
  const [item] = await itemsOf(JSON.stringify({ resourceType: 'Bundle', entry }));
  const [again] = await itemsOf(String(item!.raw));
  expect(toldOf(again!)).toEqual(toldOf(item!));
  return toldOf(item!);
}
const personOf = async (identifier: object[], medicine: object = CHANGED, more: object = {}) => {
  const of = await told({ identifier, ...more }, medicine);
  if (Array.isArray(of)) return of.join();
  const { nhsNumber, local: own, others = [] } = of.person;
  const locals = [own, ...others].map((one) => one && `${one.issuer} ${one.id}`);
  return [nhsNumber, ...locals].join();
};
const contentOf = async (patient: object, medicine: object = CHANGED) => {
  const of = await told(patient, medicine);
  if (Array.isArray(of)) return of.join();
  return [of.content.gpPracticeOds, of.content.postcode].join();
};

const CONFLICT = 'MESH-2208 /subject/identifier';

describe('an NHS number that has ended', () => {
  it('is nobody else’s, and counts where it is the only one', async () => {
    for (const identifiers of [
      [nhs(BOB, '2020-01-01'), nhs(ANN)],
      [nhs(ANN, '2099'), nhs(BOB, '2020')],
    ]) {
      expect(await personOf(identifiers)).toBe(`${ANN},`);
      expect(await personOf(identifiers.toReversed())).toBe(`${ANN},`);
    }
    expect(await personOf([nhs(ANN, '2020-01-01')])).toBe(`${ANN},`);
  });

  it('two that have not, or two that both have, are two people', async () => {
    expect(await personOf([nhs(BOB, '2099-01-01'), nhs(ANN)])).toBe(CONFLICT);
    expect(await personOf([nhs(BOB, '2019'), nhs(ANN, '2020')])).toBe(CONFLICT);
  });

  it('nor is it refused for what it is', async () => {
    expect(await personOf([nhs('9434765910', '2020'), nhs(ANN)])).toBe(`${ANN},`);
  });

  it('is still told apart from who the reference names', async () => {
    const subject = { reference: 'Patient/p', identifier: nhs(BOB) };
    expect(await personOf([nhs(ANN, '2020-01-01')], { ...CHANGED, subject })).toBe(CONFLICT);
    expect(await personOf([nhs(ANN, '2020-01-01')], { subject })).toBe(CONFLICT);
  });
});

describe('an end is the whole of the day, month or year that it names, in the UK', () => {
  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01', false],
    ['2026-03-01T23:59:59.999Z', '2026-03-01', false],
    ['2026-03-02T00:00:00Z', '2026-03-01', true],
    ['2026-07-01T22:59:59Z', '2026-07-01', false],
    ['2026-07-01T23:00:00Z', '2026-07-01', true],
    ['2026-03-31T22:59:59Z', '2026-03', false],
    ['2026-04-01T00:00:00Z', '2026-03', true],
    ['2026-12-31T23:59:59Z', '2026', false],
    ['2027-01-01T00:00:00Z', '2026', true],
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00+00:00', false],
    ['2026-03-01T12:00:01Z', '2026-03-01T12:00:00+00:00', true],
    // As good as no end, and what is none.
    ['2026-03-01T12:00:00Z', '9999-12-31', false],
    ['2026-03-01T12:00:00Z', '2020-02-30', false],
    ['2026-03-01T12:00:00Z', '2020-13', false],
    ['2026-03-01T12:00:00Z', 'long ago', false],
    ['2026-03-01T12:00:00Z', '', false],
  ])('changed %s, ended %s: %s', async (lastUpdated, end, isEnded) => {
    const both = [nhs(BOB, end), nhs(ANN)];
    const expected = isEnded ? `${ANN},` : CONFLICT;
    expect(await personOf(both, { meta: { lastUpdated } })).toBe(expected);
  });
});

describe('the time of a resource', () => {
  const both = [nhs(BOB, '2020-01-01'), nhs(ANN)];
  const dates = { effectiveDateTime: undefined, meta: undefined };
  it.each<[string, object, boolean]>([
    ['when it was changed', CHANGED, true],
    ['when it was changed, before', { meta: { lastUpdated: '2019-12-31T00:00:00Z' } }, false],
    ['before anything else', { ...CHANGED, dateAsserted: '2019-12-31' }, true],
    ['when it was asserted', { ...dates, dateAsserted: '2020-01-02' }, true],
    ['when it was asserted, before', { ...dates, dateAsserted: '2020-01-01' }, false],
    ['when it is true', { effectiveDateTime: '2021' }, true],
    ['since when it is true', { effectivePeriod: { start: '2021-01-01' } }, true],
    ['since when it is true, before', { effectivePeriod: { start: '2019-01-01' } }, false],
    ['none: what has an end gives way to what has not', {}, true],
  ])('%s', async (_, medicine, isEnded) => {
    expect(await personOf(both, medicine)).toBe(isEnded ? `${ANN},` : CONFLICT);
  });

  it('of a request is when it was written', async () => {
    const request = (authoredOn: string) => ({
      ...{ resourceType: 'MedicationRequest', intent: 'order', authoredOn },
    });
    expect(await personOf(both, request('2020-01-02'))).toBe(`${ANN},`);
    expect(await personOf(both, request('2019-12-31'))).toBe(CONFLICT);
  });

  it('is no earlier than that of the patient, who says what has ended', async () => {
    const early = { meta: { lastUpdated: '2015-01-01T00:00:00Z' } };
    expect(await personOf(both, early)).toBe(CONFLICT);
    expect(await personOf(both, early, CHANGED)).toBe(`${ANN},`);
    expect(await personOf(both, CHANGED, early)).toBe(`${ANN},`);
  });

  it('none, and everything ends: nothing gives way', async () => {
    expect(await personOf([nhs(BOB, '2020'), nhs(ANN, '2021')], {})).toBe(CONFLICT);
    expect(await personOf([nhs(ANN, '2020')], {})).toBe(`${ANN},`);
  });

  it('of a patient who came alone is their own', async () => {
    const meta = { ...CHANGED.meta, security: [{ code: 'R' }] };
    for (const [end, expected] of [
      ['2020-01-01', ANN],
      ['2099', undefined],
    ] as const) {
      const alone = patientOf({ identifier: [nhs(BOB, end), nhs(ANN)], meta });
      const [item] = await itemsOf(JSON.stringify(alone));
      expect(item!.restriction?.person.nhsNumber).toBe(expected);
      const [again] = await itemsOf(String(item!.raw));
      expect(again!.restriction).toEqual(item!.restriction);
    }
  });
});

describe('local identifiers', () => {
  it('one that has ended is taken only where there is no other', async () => {
    expect(await personOf([local('A1OLD', '2020-01-01'), local('B2')])).toBe(',B81016 B2');
    expect(await personOf([local('A1OLD', '2020-01-01'), local('B2')], {})).toBe(',B81016 B2');
    expect(await personOf([local('A1OLD', '2020-01-01')])).toBe(',B81016 A1OLD');
    expect(await personOf([nhs(ANN), local('A1OLD', '2020')])).toBe(`${ANN},`);
    const record = local('A1OLD', '2020', 'B81016', { type: { coding: [{ code: 'MR' }] } });
    expect(await personOf([record, local('B2', undefined, 'C83019')])).toBe(',C83019 B2');
    // Who issued this one nobody knows, so it takes the place of none.
    const unissued = { system: 'https://x.example', value: '7' };
    expect(await personOf([local('A1OLD', '2020-01-01'), unissued])).toBe(',B81016 A1OLD');
  });

  it('of those that have not, what ends later comes first', async () => {
    expect(await personOf([local('A1', '2098'), local('B2', '2099')])).toBe(',B81016 B2,B81016 A1');
  });

  it('each that has not ended is given, once, in whatever order they come', async () => {
    const identifiers = [
      ...[local('A1'), local('A2'), local('A3', '2099'), local('A1')],
      ...[local('OLD', '2020'), local('O', undefined, 'B81016', { use: 'old' }), nhs(ANN)],
      ...[
        { system: 'https://x.example', value: '7' },
        local(' '),
        local('A1', undefined, 'C83019'),
      ],
    ];
    const expected = `${ANN},B81016 A1,B81016 A2,B81016 A3`;
    expect(await personOf(identifiers)).toBe(expected);
    expect(await personOf(identifiers.toReversed())).toBe(expected);
  });

  it('that in the reference too', async () => {
    const subject = { reference: 'Patient/p', identifier: local('Z9') };
    expect(await personOf([nhs(ANN), local('A1')], { ...CHANGED, subject })).toBe(
      `${ANN},B81016 A1,B81016 Z9`,
    );
  });

  it('none beside one alone, and none beside one that has ended', async () => {
    for (const identifier of [[local('A1')], [local('A1', '2020'), local('A2', '2019')]]) {
      const of = (await told({ identifier })) as Exclude<Told, string[]>;
      expect(of.person).toEqual({
        ...{ nhsNumber: null, nhsNumberStatus: '03', local: { issuer: 'B81016', id: 'A1' } },
      });
    }
  });

  it('of one who is restricted and of one taken back likewise', async () => {
    const patient = patientOf({
      identifier: [nhs(ANN), local('A1'), local('A2')],
      meta: { security: [{ code: 'R' }] },
    });
    const others = [{ issuer: 'B81016', id: 'A2' }];
    const [alone] = await itemsOf(JSON.stringify(patient));
    expect(alone!.restriction?.person).toMatchObject({ others });
    const entry = [statement({ status: 'entered-in-error' }), patient];
    const [item] = await itemsOf(
      JSON.stringify({ resourceType: 'Bundle', entry: entry.map((resource) => ({ resource })) }),
    );
    const { record } = item as { record: MedicineEntry };
    expect(toMedicationStatement(record)).toMatchObject([
      { change: 'retract', person: { others } },
    ]);
    expect(item!.restriction?.person).toMatchObject({ others });
  });
});

describe('the practice', () => {
  const of = (...generalPractitioner: object[]) => ({ generalPractitioner });
  it('is the one whose registration has not ended, else the only one', async () => {
    const moved = [practice('B81016', '2020-01-01'), practice('B82007')];
    for (const medicine of [CHANGED, {}, { meta: { lastUpdated: '2019-01-01T00:00:00Z' } }])
      expect(await contentOf(of(...moved), medicine)).toBe('B82007,');
    expect(await contentOf(of(moved[0]!))).toBe('B81016,');
    expect(await contentOf(of(practice('B81016', '2099'), practice('B82007', '2020')))).toBe(
      'B81016,',
    );
    expect(await contentOf(of(practice('B81016'), practice('B82007')))).toBe('B81016,');
    expect(await contentOf(of(practice('B81016', '2020'), { reference: 'Practitioner/1' }))).toBe(
      'B81016,',
    );
  });

  it('has the code that has not ended', async () => {
    const codes = [practice('B81016', '2020-01-01'), practice('B82007')];
    const identifier = codes.map((one) => one.identifier);
    const o = { resourceType: 'Organization', id: 'o', identifier };
    const patient = { generalPractitioner: [{ reference: 'Organization/o' }] };
    expect(await told(patient, CHANGED, o)).toMatchObject({ content: { gpPracticeOds: 'B82007' } });
    const old = { ...o, identifier: [identifier[0]] };
    expect(await told(patient, CHANGED, old)).toMatchObject({
      content: { gpPracticeOds: 'B81016' },
    });
  });
});

describe('the postcode', () => {
  const [HOME, TEMP] = ['YO10 4PF', 'LS1 6AE'];
  it.each<[string, object[], string, object?]>([
    ['of a home for some time', [address(HOME, 'home', '2099'), address(TEMP, 'temp')], HOME],
    ['of a home until later this day', [address(HOME, 'home', '2026-03-01')], HOME],
    ['of where they moved', [address(HOME, 'home', '2020'), address(TEMP, 'home')], TEMP],
    ['of where they are', [address(HOME, 'home', '2020'), address(TEMP, 'temp', '2099')], TEMP],
    ['not of the only one, left', [address(HOME, 'home', '2020-01-01')], ''],
    ['not of two, left', [address(TEMP, 'temp', '2020'), address(HOME, 'home', '2020')], ''],
    ['not of an old one', [address(HOME, 'old')], ''],
    ['not of one that was left for none', [address(HOME, 'home', '2020'), address('', 'home')], ''],
    ['without a time', [address(HOME, 'home', '2030-12-31')], HOME, {}],
    ['without a time, of two', [address(HOME, 'home', '2030'), address(TEMP, 'temp')], TEMP, {}],
    [
      'as it is now of a medicine of then',
      [address(HOME, 'home', '2020'), address(TEMP, 'home')],
      ...[TEMP, { meta: { lastUpdated: '2015-01-01T00:00:00Z' } }],
    ] as [string, object[], string, object],
  ])('%s', async (_, all, expected, medicine = CHANGED) => {
    expect(await contentOf({ address: all }, medicine)).toBe(`,${expected}`);
  });
});
