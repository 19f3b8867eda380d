import { fault, IntakeRefused } from '@caremesh/product';
import type { Mode, SourcePart } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { source } from './csds.js';

type Part = [name: string, text: string | Uint8Array, contentType?: string];

const patients = (...rows: string[]) =>
  `LocalPatientID,OrgID_LocalPatientID,NHSNumber,NHSNumber_Status,DateOfBirth,Postcode\n${rows.join('\n')}`;
const contacts = (...rows: string[]) =>
  `CareContactID,ServiceRequestID,Contact_Date,Contact_Time,CareContact_Duration\n${rows.join('\n')}`;

async function* nothing(): AsyncGenerator<Uint8Array> {
  // All there is to read is in the parts.
}

async function read(parts: Part[], environment: Mode = 'test') {
  async function* body(text: string | Uint8Array) {
    yield Buffer.from(text);
  }
  async function* form() {
    for (const [name, text, contentType = 'text/csv'] of parts)
      yield { name, contentType, body: body(text) };
  }
  const items = [];
  const input = { contentType: 'multipart/form-data', body: body(''), parts: form(), environment };
  for await (const item of source.read(input)) items.push(item);
  return items;
}

const outcomes = async (...args: Parameters<typeof read>) =>
  (await read(...args)).map((item) =>
    item.outcome ? item.errors.map(({ code, path }) => `${code} ${path}`) : item.record.row.key,
  );

const refusal = async (...args: Parameters<typeof read>) => {
  const error: unknown = await read(...args).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(IntakeRefused);
  return (error as IntakeRefused).fault;
};

describe('a CSDS delivery', () => {
  it('takes any subset of the tables, by the names of the dictionary or of the submission database', async () => {
    const items = await read([
      ['CYP201', contacts('CC1,SR1,2026-09-03,,')],
      ['cyp001', patients('L1,RY5,9434765919,01,,')],
    ]);
    expect(items).toMatchObject([
      { index: 0, sourceId: 'CC1', publisherOds: 'RY5', at: null },
      // The identifier of a person is no name for an item.
      { index: 1, sourceId: null, record: { part: 'CYP001' } },
    ]);
  });

  it('takes a table under the whole name that exports of the submission database have', async () => {
    expect(
      await outcomes([
        ['CYP201CareContact', contacts('CC1,SR1,2026-09-03,,')],
        ['CYP001MPI', patients('L1,RY5,9434765919,01,,')],
      ]),
    ).toEqual(['RY5|CC1', 'RY5|L1']);
  });

  it('keys a row by its provider, so that two providers may use one identifier', async () => {
    const text =
      'SERVICE REQUEST IDENTIFIER,LOCAL PATIENT IDENTIFIER (EXTENDED),REFERRAL REQUEST RECEIVED DATE,ORGANISATION IDENTIFIER (CODE OF PROVIDER)\n1,7,2026-09-01,RY5\n1,7,2026-09-01,RTQ\n';
    expect(await outcomes([['CYP101', text]])).toEqual(['RY5|1', 'RTQ|1']);
  });

  it('knows the columns of the submission database of version 1.6', async () => {
    const text =
      'CareContactID,ServiceRequestID,TeamID_Local,Contact_Date,Contact_Time,OrgID_Commissioner,AdminCategory,CareContact_Duration,' +
      'Consultation_Type,CareContact_Subject,ConsMechanism,Activity_LocationType,Treatment_OrgSiteID,GroupTherapyIndicator,AttendanceStatus\n' +
      'CC1,SR1,T1,03/09/2026,30/12/1899 09:30:00,15N,01,30,02,01,11,A01,RY5AA,N,5\n';
    const [item] = await read([['CYP201', text]]);
    expect(item).toMatchObject({
      record: {
        row: {
          ...{
            moment: Date.parse('2026-09-03T08:30:00Z'),
            mechanism: '11',
            consultationType: '02',
          },
          ...{ attendance: '5', locationType: 'A01', groupTherapy: 'N' },
        },
      },
    });
  });

  it('takes no rounded number for an identifier: it would be that of many', async () => {
    const rounded = '1.23457E+11';
    const referrals = (row: string) =>
      `ServiceRequestID,LocalPatientID,ReferralRequest_ReceivedDate\n${row}\n`;
    expect(
      await outcomes([
        ['CYP001', patients(`${rounded},RY5,,03,,`)],
        ['CYP101', referrals(`SR1,${rounded},2026-09-01`)],
        ['CYP201', contacts(`${rounded},SR1,2026-09-03,,`, `CC1,${rounded},2026-09-03,,`)],
      ]),
    ).toEqual([
      ['MESH-2623 CYP001.LOCAL PATIENT IDENTIFIER (EXTENDED)'],
      ['MESH-2623 CYP101.LOCAL PATIENT IDENTIFIER (EXTENDED)'],
      ['MESH-2623 CYP201.CARE CONTACT IDENTIFIER'],
      ['MESH-2623 CYP201.SERVICE REQUEST IDENTIFIER'],
    ]);
  });

  it.each(['M11AA', 'm1 1aa', 'M1   1AA'])('writes the postcode %s one way', async (postcode) => {
    const [item] = await read([['CYP001', patients(`L1,RY5,9434765919,01,,${postcode}`)]]);
    expect(item).toMatchObject({ record: { row: { postcode: 'M1 1AA' } } });
  });

  it('names everything that is wrong with a row, and reads its neighbours', async () => {
    expect(
      await outcomes([
        [
          'CYP201',
          contacts(
            'CC1,SR1,31/02/2026,25:00,x',
            ',SR1,,,',
            'CC3,SR1,03/09/2026,09:30,-1',
            'CC4,SR1,03/09/2026,09:30,5',
          ),
        ],
      ]),
    ).toEqual([
      [
        'MESH-2232 CYP201.CARE CONTACT DATE',
        'MESH-2224 CYP201.CLINICAL CONTACT DURATION OF CARE CONTACT',
      ],
      ['MESH-2213 CYP201.CARE CONTACT IDENTIFIER', 'MESH-2221 CYP201.CARE CONTACT DATE'],
      ['MESH-2225 CYP201.CLINICAL CONTACT DURATION OF CARE CONTACT'],
      'RY5|CC4',
    ]);
  });

  it('knows a wrong row again by its key and its period, as far as those are right', async () => {
    const heading =
      'CareContactID,ServiceRequestID,Contact_Date,OrgID_Provider,ReportingPeriodEndDate\n';
    const rows = [
      'CC1,SR1,31/02/2026,RTQ,2026-09-30',
      'CC2,SR1,31/02/2026,,',
      ',SR1,2026-09-03,RTQ,',
      'CC4,SR1,2026-09-03,R-T-Q,',
      'CC5,SR1,2026-09-03,RTQ,31/09/2026',
    ];
    const items = await read([['CYP201', heading + rows.join('\n')]]);
    expect(items.map((item) => item.outcome && item.row)).toEqual([
      { part: 'CYP201', key: 'RTQ|CC1', at: '2026-09-30T00:00:00.000Z' },
      { part: 'CYP201', key: 'RY5|CC2', at: null },
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('says whose a refused row is, where its provider is right', async () => {
    const heading = 'CareContactID,ServiceRequestID,Contact_Date,OrgID_Provider\n';
    const rows = ['CC1,SR1,31/02/2026,RTQ', 'CC2,SR1,31/02/2026,', ',SR1,,RTQ', 'CC4,SR1,,R-T-Q'];
    const items = await read([['CYP201', heading + rows.join('\n')]]);
    expect(items.map((item) => [item.outcome, item.publisherOds])).toEqual([
      ['quarantined', 'RTQ'],
      ['quarantined', 'RY5'],
      ['quarantined', 'RTQ'],
      ['quarantined', null],
    ]);
  });

  it('takes no return of a period that no contract takes: nothing could replace its rows', async () => {
    const heading = 'CareContactID,ServiceRequestID,Contact_Date,RP_EndDate\n';
    const rows = ['CC1,SR1,2026-09-03,9999-12-31', 'CC2,SR1,2026-09-03,31/12/1799'];
    expect(await outcomes([['CYP201', heading + rows.join('\n')]])).toEqual([
      ['MESH-2225 CYP201.REPORTING PERIOD END DATE'],
      ['MESH-2225 CYP201.REPORTING PERIOD END DATE'],
    ]);
    const referrals =
      'ServiceRequestID,LocalPatientID,ReferralRequest_ReceivedDate,RP_EndDate\nSR1,L1,2026-09-01,9999-12-31\n';
    expect(await outcomes([['CYP101', referrals]])).toEqual([
      ['MESH-2225 CYP101.REPORTING PERIOD END DATE'],
    ]);
  });

  it.each([
    ['9434765910', 'MESH-2202'],
    ['9999999999', 'MESH-2203'],
    ['5000000005', 'MESH-2204'],
    ['94347659', 'MESH-2201'],
  ])('refuses the NHS number %s', async (number, code) => {
    expect(await outcomes([['CYP001', patients(`L1,RY5,${number},01,,`)]])).toEqual([
      [`${code} CYP001.NHS NUMBER`],
    ]);
  });

  it('takes a real NHS number in production only', async () => {
    const delivery: Part[] = [['CYP001', patients('L1,RY5,5000000005,01,,')]];
    expect(await outcomes(delivery, 'production')).toEqual(['RY5|L1']);
  });

  it('refuses a patient with neither an NHS number nor a local identifier with its issuer', async () => {
    expect(
      await outcomes([['CYP001', patients('L1,,,,,', 'L2,,9434765919,,,', 'L3,RY5,,,,')]]),
    ).toEqual([
      ['MESH-2211 CYP001.ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)'],
      'RY5|L2',
      'RY5|L3',
    ]);
  });

  it('takes the word NULL for no value, so that nobody is a patient of the issuer NULL', async () => {
    expect(await outcomes([['CYP001', patients('7,NULL,,03,,', '7,UNKNOWN,,03,,')]])).toEqual([
      ['MESH-2211 CYP001.ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)'],
      // An issuer is stated, and wrongly: that it is missing would be untrue.
      ['MESH-2244 CYP001.ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)'],
    ]);
    const text =
      'CareContactID,ServiceRequestID,Contact_Date,TeamID_Local,OrgID_Commissioner,Treatment_OrgSiteID\nCC1,SR1,2026-09-03,NULL,NULL,null\n';
    const [item] = await read([['CYP201', text]]);
    expect(item).toMatchObject({
      record: { row: { team: null, commissionerOds: null, siteOds: null } },
    });
  });

  it('refuses an unknown status, an impossible birth date and a wrong postcode', async () => {
    expect(await outcomes([['CYP001', patients('L1,RY5,,09,29/02/1941,LN5')]])).toEqual([
      [
        'MESH-2207 CYP001.NHS NUMBER STATUS INDICATOR CODE',
        'MESH-2232 CYP001.PERSON BIRTH DATE',
        'MESH-2245 CYP001.POSTCODE OF USUAL ADDRESS',
      ],
    ]);
  });

  it('refuses a status that says the opposite of the number beside it', async () => {
    const rows = [
      'L1,RY5,,01,,',
      'L2,RY5,,02,,',
      'L3,RY5,9434765919,07,,',
      'L4,RY5,,07,,',
      'L5,RY5,,04,,',
    ];
    const refused = ['MESH-2632 CYP001.NHS NUMBER STATUS INDICATOR CODE'];
    expect(await outcomes([['CYP001', patients(...rows)]])).toEqual([
      ...[refused, refused, refused],
      ...['RY5|L4', 'RY5|L5'],
    ]);
  });

  it('that cannot be read at all is refused, naming the column', async () => {
    expect(
      await refusal([['CYP201', 'CARE CONTACT IDENTIFIER,SERVICE REQUEST IDENTIFIER\n1,2\n']]),
    ).toMatchObject({ code: 'MESH-2121', path: 'CYP201.CARE CONTACT DATE' });
    expect(await refusal([['MYPATIENTS', 'A\n1\n']])).toMatchObject({
      code: 'MESH-2014',
      message: expect.stringContaining('the tables are CYP001, CYP101, CYP201, CYP202'),
      fix: expect.stringContaining('name each file after it, such as CYP001.csv'),
    });
    expect((await refusal([['CYP201', '']])).code).toBe('MESH-2003');
  });

  it('keeps what its other files say when one cannot be read', async () => {
    expect(
      await outcomes([
        ['CYP201', Buffer.from(contacts('CC1,SR1,2026-09-03,,'), 'utf16le')],
        ['CYP001', patients('L1,RY5,9434765919,01,,')],
      ]),
    ).toEqual(['RY5|L1', ['MESH-2104 CYP201']]);
  });

  it('cut short keeps the rows before the cut, and says once that it is', async () => {
    const broken = async function* (): AsyncGenerator<SourcePart> {
      const body = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from(`${contacts('CC1,SR1,2026-09-03,,')}\nCC2,SR1,20`);
        throw new IntakeRefused(fault('multipartBroken', '/'));
      };
      yield { name: 'CYP201', contentType: 'text/csv', body: body() };
      throw new IntakeRefused(fault('multipartBroken', '/'));
    };
    const items = [];
    const input = { contentType: 'multipart/form-data', environment: 'test' as const };
    for await (const item of source.read({ ...input, body: nothing(), parts: broken() }))
      items.push(item.outcome ? [item.errors[0]!.code, item.raw] : item.record.row.key);
    // Nothing is kept of it that could be taken in again in the file's place.
    expect(items).toEqual(['RY5|CC1', ['MESH-2013', '']]);
  });

  it.each([
    ['no heading whole', 'CareConta'],
    ['a heading that is required', 'CareContactID,ServiceRequestID,Contact_D'],
    ['a heading in quotes', '"CareContactID","ServiceReq'],
    ['nothing', ''],
  ])('cut short in a header row that then has %s is one fault', async (_, header) => {
    const delivery = async function* (...whole: Part[]): AsyncGenerator<SourcePart> {
      const body = async function* (text: string | Uint8Array) {
        yield Buffer.from(text);
      };
      for (const [name, text] of [...whole, ['CYP201', header] as const])
        yield { name, contentType: 'text/csv', body: body(text) };
      throw new IntakeRefused(fault('multipartBroken', '/'));
    };
    const told = async (...whole: Part[]) => {
      const items = [];
      const input = { contentType: 'multipart/form-data', environment: 'test' as const };
      const parts = delivery(...whole);
      for await (const item of source.read({ ...input, body: nothing(), parts }))
        items.push(item.outcome ? [item.part, item.errors.map(({ code }) => code)] : item.index);
      return items;
    };
    const patient: Part = ['CYP001', patients('L1,RY5,9434765919,01,,')];
    expect(await told(patient)).toEqual([0, ['CYP201', ['MESH-2013']]]);
    await expect(told()).rejects.toMatchObject({ fault: { code: 'MESH-2013' } });
    // What is wrong with the files before it stays told.
    expect(await told(['CYP202', 'A\n1\n'], patient)).toEqual([
      0,
      ['CYP202', ['MESH-2127']],
      ['CYP201', ['MESH-2013']],
    ]);
  });

  it('reads a part in the charset it names', async () => {
    const latin = Buffer.from(patients('L\xe9,RY5,9434765919,01,,'), 'latin1');
    expect(await outcomes([['CYP001', latin, 'text/csv; charset=windows-1252']])).toEqual([
      'RY5|Lé',
    ]);
    expect(await outcomes([['CYP001', latin]])).toEqual([['MESH-2103 CYP001']]);
  });
});
