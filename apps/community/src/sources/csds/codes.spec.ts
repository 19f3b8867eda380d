import { readFileSync } from 'node:fs';
import type { CsvTable } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { places } from '../../products/care-contact/places.js';
import { ALLOWED, OPEN } from './codes.js';
import type { Allowed } from './codes.js';
import { source } from './csds.js';
import { CYP001, CYP101, CYP201, CYP202 } from './tables.js';

/** A row of each table that is right. */
const GOOD: Record<string, Record<string, string>> = {
  CYP001: {
    localPatientId: 'L1',
    localPatientIdIssuer: 'RY5',
    nhsNumber: '9434765919',
    nhsNumberStatus: '01',
  },
  CYP101: { serviceRequestId: '1', localPatientId: 'L1', receivedDate: '2026-09-01' },
  CYP201: { careContactId: '1', serviceRequestId: '1', date: '2026-09-03' },
  CYP202: { careActivityId: '1', careContactId: '1' },
};

/** Reads a row for each change of the right one; null stands for a row that is taken. */
async function outcomes<K extends string>(table: CsvTable<K>, ...changes: Partial<Values<K>>[]) {
  const good = GOOD[table.name] as Partial<Values<K>>;
  const rows = changes.map((change): Partial<Values<K>> => ({ ...good, ...change }));
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row) as K[]))];
  const lines = rows.map((row) => keys.map((key) => `"${row[key] ?? ''}"`).join(','));
  const header = keys.map((key) => table.columns[key].heading).join(',');
  async function* body(text: string) {
    yield Buffer.from(text);
  }
  async function* parts() {
    const text = [header, ...lines].join('\n');
    yield { name: table.name, contentType: 'text/csv', body: body(text) };
  }
  const found = [];
  const input = { contentType: 'multipart/form-data', body: body(''), parts: parts() };
  for await (const item of source.read({ ...input, environment: 'test' }))
    found.push(
      item.outcome ? item.errors.map(({ code, path }) => `${code} ${path}`) : item.record.row,
    );
  return found;
}
type Values<K extends string> = Record<K, string>;

const taken = async <K extends string>(table: CsvTable<K>, ...changes: Partial<Values<K>>[]) =>
  (await outcomes(table, ...changes)).map((outcome) => (Array.isArray(outcome) ? outcome : null));

/** What the contract says of each field: its list, its pattern, its length. */
function contractRules(): Map<string, Allowed> {
  const file = new URL(
    '../../../../../schemas/community/care-contact/v1/contract.odcs.yaml',
    import.meta.url,
  );
  const [, ...fields] = readFileSync(file, 'utf8').split(/^ +- name: /m);
  const plain = (text: string) => text.replace(/^'(.*)'$/, '$1');
  return new Map(
    fields.map((text) => {
      const codes = [...text.matchAll(/^ +- code: (.+)$/gm)].map(([, code]) => plain(code!));
      const maxLength = /^ +maxLength: (\d+)$/m.exec(text)?.[1];
      const pattern = /^ +pattern: (.+)$/m.exec(text)?.[1];
      const rule = {
        ...(codes.length && { codes }),
        ...(maxLength && { maxLength: Number(maxLength) }),
        ...(pattern && { pattern: new RegExp(plain(pattern)) }),
      };
      return [/^\w+/.exec(text)![0], rule];
    }),
  );
}

describe('a code of a row that is joined to a contact', () => {
  it('has the rules of the contract', () => {
    const rules = contractRules();
    // A status and a postcode have readers of their own.
    const own = ['nhsNumberStatus', 'postcode'];
    const wanted = Object.entries(places).flatMap(([path, place]) => {
      const name = path.replace('activities[].', '');
      const rule = rules.get(name) ?? {};
      const isJoined = /^CYP(?:001|101|202)\./.test(place!) && !own.includes(name);
      return isJoined && Object.keys(rule).length ? [[place!, rule] as const] : [];
    });
    const rulesOf = <K extends string>(table: CsvTable<K>, of: Partial<Record<K, Allowed>>) =>
      (Object.keys(of) as K[]).map((key) => [table.pathOf(key), of[key]] as const);
    const held = [
      ...rulesOf(CYP001, ALLOWED.CYP001),
      ...rulesOf(CYP101, ALLOWED.CYP101),
      ...rulesOf(CYP202, ALLOWED.CYP202),
    ];
    expect(wanted).toHaveLength(17);
    expect(Object.fromEntries(held)).toEqual(Object.fromEntries(wanted));
  });

  it('is refused with its own row of the patients, and no other', async () => {
    const long = 'L'.repeat(65);
    const rows = [
      ...[{ gender: 'M' }, { ethnicCategory: 'Q' }, { ethnicCategory: '98' }, { gender: 'x' }],
      ...[{ localPatientId: long }, { localPatientId: long, localPatientIdIssuer: '' }],
      ...[{ gender: 'X', ethnicCategory: '99' }, { birthDate: '31/12/1799' }],
      ...[{ birthDate: '01/01/1800' }, { gender: 'M', ethnicCategory: 'Q2' }],
    ];
    const gender = 'MESH-2241 CYP001.PERSON STATED GENDER CODE';
    const category = 'MESH-2241 CYP001.ETHNIC CATEGORY';
    expect(await taken(CYP001, ...rows)).toEqual([
      ...[[gender], [category], [category], [gender]],
      // It is stated in no record without its issuer.
      ...[['MESH-2222 CYP001.LOCAL PATIENT IDENTIFIER (EXTENDED)'], null],
      ...[null, ['MESH-2225 CYP001.PERSON BIRTH DATE']],
      ...[null, [gender, category]],
    ]);
  });

  it('is refused with its own row of the referrals, and no other', async () => {
    const rows = [
      ...[{ priority: '8' }, { source: '001' }, { reason: '0001' }, { reason: 'a1' }],
      ...[{ serviceRequestId: 'S'.repeat(21) }, { receivedDate: '01/01/2300' }],
      ...[{ dischargeDate: '31/12/9999' }, { dischargeDate: '31/12/2299' }],
      { priority: '3', source: '01', reason: '001' },
    ];
    expect(await taken(CYP101, ...rows)).toEqual([
      ['MESH-2241 CYP101.PRIORITY TYPE CODE'],
      ['MESH-2309 CYP101.SOURCE OF REFERRAL FOR COMMUNITY'],
      ['MESH-2309 CYP101.PRIMARY REASON FOR REFERRAL (COMMUNITY CARE)'],
      ['MESH-2309 CYP101.PRIMARY REASON FOR REFERRAL (COMMUNITY CARE)'],
      ['MESH-2222 CYP101.SERVICE REQUEST IDENTIFIER'],
      ['MESH-2225 CYP101.REFERRAL REQUEST RECEIVED DATE'],
      ['MESH-2225 CYP101.SERVICE DISCHARGE DATE'],
      ...[null, null],
    ]);
  });

  it('is refused with its own row of the activities, and no other', async () => {
    const rows = [
      ...[{ type: '99' }, { procedure: '39720' }, { procedure: '3.97203E+16' }],
      ...[{ findingScheme: '1' }, { finding: 'K-35' }],
      ...[{ observationScheme: '003' }, { observation: '27113001 ' + 'x' }, { value: '61,4 µg' }],
      ...[{ careActivityId: 'A'.repeat(21) }, { professional: 'P'.repeat(21) }],
      ...[{ unit: 'k'.repeat(51) }, { type: '13', procedure: '0123456' }],
      { type: '12', procedure: '397203001', findingScheme: '01', finding: 'K35.8' },
      { observationScheme: '03', observation: '27113001', value: '61.4', unit: 'kg' },
    ];
    expect(await taken(CYP202, ...rows)).toEqual([
      ['MESH-2241 CYP202.COMMUNITY CARE ACTIVITY TYPE'],
      ['MESH-2309 CYP202.CODED PROCEDURE (CLINICAL TERMINOLOGY)'],
      ['MESH-2309 CYP202.CODED PROCEDURE (CLINICAL TERMINOLOGY)'],
      ['MESH-2309 CYP202.FINDING SCHEME IN USE (COMMUNITY CARE)'],
      ['MESH-2309 CYP202.CODED FINDING (CODED CLINICAL ENTRY)'],
      ['MESH-2309 CYP202.OBSERVATION SCHEME IN USE (COMMUNITY CARE)'],
      ['MESH-2309 CYP202.CODED OBSERVATION (CLINICAL TERMINOLOGY)'],
      ['MESH-2309 CYP202.OBSERVATION VALUE'],
      ['MESH-2222 CYP202.CARE ACTIVITY IDENTIFIER'],
      ['MESH-2222 CYP202.CARE PROFESSIONAL LOCAL IDENTIFIER'],
      ['MESH-2222 CYP202.UCUM UNIT OF MEASUREMENT'],
      [
        'MESH-2241 CYP202.COMMUNITY CARE ACTIVITY TYPE',
        'MESH-2309 CYP202.CODED PROCEDURE (CLINICAL TERMINOLOGY)',
      ],
      ...[null, null],
    ]);
  });

  it('with a control character has that one fault', async () => {
    expect(await taken(CYP202, { type: '0\u00011' }, { procedure: '3972\n03001' })).toEqual([
      ['MESH-2223 CYP202.COMMUNITY CARE ACTIVITY TYPE'],
      ['MESH-2128 CYP202.CODED PROCEDURE (CLINICAL TERMINOLOGY)'],
    ]);
  });
});

describe('what may be an NHS number', () => {
  const NHS = '9434765919';

  it('is looked for where nothing of ten digits has any business', async () => {
    expect(OPEN.CYP202.map((key) => CYP202.pathOf(key))).toEqual([
      places['activities[].observationValue'],
      places['activities[].ucumUnit'],
    ]);
    expect(await taken(CYP202, { unit: `/${NHS}` }, { value: NHS }, { value: '61.4' })).toEqual([
      ['MESH-2304 CYP202.UCUM UNIT OF MEASUREMENT'],
      ['MESH-2304 CYP202.OBSERVATION VALUE'],
      null,
    ]);
  });

  it('stands for no organisation either', async () => {
    expect(await taken(CYP101, { referring: NHS }, { provider: NHS })).toEqual([
      ['MESH-2304 CYP101.ORGANISATION IDENTIFIER (REFERRING)'],
      ['MESH-2304 CYP101.ORGANISATION IDENTIFIER (CODE OF PROVIDER)'],
    ]);
    expect(await taken(CYP001, { localPatientIdIssuer: NHS })).toEqual([
      ['MESH-2304 CYP001.ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)'],
    ]);
  });

  it('may well be an identifier of the sender’s own, or a code of SNOMED CT', async () => {
    expect(await taken(CYP202, { careActivityId: NHS }, { professional: NHS })).toEqual([
      null,
      null,
    ]);
    expect(await taken(CYP101, { serviceRequestId: NHS })).toEqual([null]);
    expect(await taken(CYP201, { careContactId: NHS }, { team: NHS })).toEqual([null, null]);
    expect(await taken(CYP202, { procedure: NHS })).toEqual([null]);
    expect(await taken(CYP001, { localPatientId: NHS })).toEqual([null]);
  });
});

it('a code of the contact itself is left to its contract', async () => {
  expect(await taken(CYP201, { attendance: '9' })).toEqual([null]);
});

it.each([
  ...[
    ['C2', 'C'],
    ['ZZ', 'Z'],
    ['A1', 'A'],
  ],
  ...[
    ['C', 'C'],
    ['Z', 'Z'],
    ['99', '99'],
  ],
])('the ethnic category %s is %s: a second character is for local use', async (code, national) => {
  const [row] = await outcomes(CYP001, { ethnicCategory: code });
  expect(row).toMatchObject({ ethnicCategory: national });
});
