import { IntakeRefused } from '@caremesh/product';
import type { Mode } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { source } from './cld.js';

/** A good row; each test changes what it is about. */
const GOOD: Record<string, string> = {
  'LA Code': '503',
  'Reporting Period Start Date': '2026-07-01',
  'Reporting Period End Date': '2026-09-30',
  'NHS Number': '9434765919',
  'Traced NHS Number': '',
  'LA Person Unique Identifier': 'P1',
  'GP Practice Code': '',
  'Client Type': 'Service user',
  'Event Type': 'Service',
  'Event Reference': 'S1',
  'Event Start Date': '2026-07-01',
  'Event End Date': '',
  'Service Type': 'Long term support: Community',
  'Unit Cost': '',
};
const HEADER = Object.keys(GOOD);

async function read(
  text: string | Uint8Array,
  environment: Mode = 'test',
  contentType = 'text/csv',
) {
  async function* body() {
    yield Buffer.from(text);
  }
  const items = [];
  for await (const item of source.read({ contentType, body: body(), environment }))
    items.push(item);
  return items;
}

async function outcome(changes: Record<string, string>, environment?: Mode) {
  const row = { ...GOOD, ...changes };
  const [item] = await read(
    `${HEADER.join(',')}\n${HEADER.map((name) => row[name]).join(',')}\n`,
    environment,
  );
  if (item!.outcome) return item!.errors.map(({ code, path }) => `${code} ${path}`);
  const { person, eventKey } = item!.record;
  return [person.nhsNumber ?? person.local?.id, person.nhsNumberStatus, eventKey];
}

describe('whose event it is', () => {
  it.each([
    ['the traced number first', { 'Traced NHS Number': '9000000009' }, ['9000000009', '01']],
    ['then the number the council gave', {}, ['9434765919', '02']],
    ['then the council’s own identifier', { 'NHS Number': '' }, ['P1', '03']],
    [
      'then nobody’s',
      { 'NHS Number': '', 'LA Person Unique Identifier': '' },
      ['MESH-2211 LA Person Unique Identifier'],
    ],
    ['a failing number is refused', { 'NHS Number': '9434765910' }, ['MESH-2202 NHS Number']],
    ['a repeated digit too', { 'NHS Number': '9999999999' }, ['MESH-2203 NHS Number']],
    ['and a real one in a test', { 'NHS Number': '5000000005' }, ['MESH-2204 NHS Number']],
  ])('%s', async (_name, changes, expected) => {
    expect((await outcome(changes)).slice(0, expected.length)).toEqual(expected);
  });
});

describe('a person who is stated, and wrongly', () => {
  it.each([
    [{ 'LA Code': '?' }, ['MESH-2244 LA Code']],
    [{ 'LA Code': '' }, ['MESH-2221 LA Code']],
    [{ 'LA Person Unique Identifier': '1.2E+11' }, ['MESH-2623 LA Person Unique Identifier']],
    [{ 'LA Person Unique Identifier': 'P\u00011' }, ['MESH-2223 LA Person Unique Identifier']],
  ])('%j: is told that fault alone, with no NHS number beside it', async (changes, expected) => {
    expect(await outcome({ ...changes, 'NHS Number': '' })).toEqual(expected);
  });

  it('is nobody where nothing is stated, whatever else is wrong', async () => {
    const nobody = { 'NHS Number': '', 'LA Person Unique Identifier': '' };
    expect(await outcome({ ...nobody, 'LA Code': '?' })).toEqual([
      'MESH-2244 LA Code',
      'MESH-2211 LA Person Unique Identifier',
    ]);
  });
});

describe('which event it is', () => {
  it('is the council’s reference, or what national processing goes by', async () => {
    expect((await outcome({}))[2]).toBe('503|S1');
    expect((await outcome({ 'Event Reference': '' }))[2]).toBe(
      '503|P1|20635|Service user|Long term support: Community|',
    );
  });

  it('other kinds of events are not used, unknown kinds are refused', async () => {
    for (const kind of ['Request', 'ASSESSMENT', 'Review'])
      expect(await outcome({ 'Event Type': kind })).toEqual(['MESH-2141 Event Type']);
    expect(await outcome({ 'Event Type': 'Picnic' })).toEqual(['MESH-2241 Event Type']);
    expect(
      await outcome({ 'Event Type': '', 'Client Type': 'Carer known by association' }),
    ).toEqual(['MESH-2141 Event Type']);
  });
});

describe('what a row is called in answers', () => {
  it.each([
    [{}, 'S1'],
    [{ 'Event Reference': '9434765919' }, null],
    [{ 'Event Reference': '9434765910', 'NHS Number': '9434765910' }, null],
    [{ 'Event Reference': 'X/10023', 'LA Person Unique Identifier': '10023' }, null],
    [{ 'Event Reference': 'X-10023', 'LA Person Unique Identifier': '1' }, 'X-10023'],
  ])('%j: its reference, unless it tells who the person is', async (changes, sourceId) => {
    const row: Record<string, string> = { ...GOOD, ...changes };
    const [item] = await read(`${HEADER.join(',')}\n${HEADER.map((one) => row[one]).join(',')}\n`);
    expect(item).toMatchObject({ sourceId, place: 'line 2' });
  });
});

describe('a service event', () => {
  it.each([
    [{ 'Event Start Date': '31/06/2026' }, ['MESH-2232 Event Start Date']],
    [{ 'Event Start Date': '' }, ['MESH-2221 Event Start Date']],
    [{ 'Event End Date': '2026-06-30' }, ['MESH-2235 Event End Date']],
    [{ 'Reporting Period End Date': '30/06/2026' }, ['MESH-2235 Reporting Period End Date']],
    [{ 'Unit Cost': 'twelve' }, ['MESH-2224 Unit Cost']],
    [{ 'Unit Cost': '1.005' }, ['MESH-2225 Unit Cost']],
    [{ 'Unit Cost': '99999999' }, ['MESH-2225 Unit Cost']],
    [{ 'LA Code': '?' }, ['MESH-2244 LA Code']],
    // A trust's code, a word, a letter O for a nought, two digits: no council's.
    [{ 'LA Code': 'RA7' }, ['MESH-2244 LA Code']],
    [{ 'LA Code': 'ABCDEFG' }, ['MESH-2244 LA Code']],
    [{ 'LA Code': '5O3' }, ['MESH-2244 LA Code']],
    [{ 'LA Code': '03' }, ['MESH-2244 LA Code']],
    [{ 'LA Code': 'NULL' }, ['MESH-2221 LA Code']],
    [{ 'GP Practice Code': 'UNKNOWN' }, ['MESH-2244 GP Practice Code']],
    [{ 'Service Type': 'NULL' }, ['MESH-2221 Service Type']],
  ])('with %j is refused', async (changes, expected) => {
    expect(await outcome(changes)).toEqual(expected);
  });
});

describe('whose row it is, so that a publisher finds what was refused of theirs', () => {
  it.each([
    [{}, '503'],
    [{ 'Event Start Date': '31/06/2026' }, '503'],
    [{ 'Event Type': 'Picnic' }, '503'],
    [{ 'Event Type': 'Picnic', 'LA Code': '?' }, null],
    [{ 'LA Code': '?' }, null],
    [{ 'LA Code': '' }, null],
  ])('%j: %s', async (changes, publisherOds) => {
    const row: Record<string, string> = { ...GOOD, ...changes };
    const [item] = await read(`${HEADER.join(',')}\n${HEADER.map((one) => row[one]).join(',')}\n`);
    expect(item!.publisherOds ?? null).toBe(publisherOds);
  });
});

describe('a word of a list', () => {
  it.each([
    ['Primary Support Reason', 'Social Support: Support to Carer', 'primarySupportReason'],
    ['Primary Support Reason', 'SOCIAL SUPPORT: Support to unpaid carer', 'primarySupportReason'],
    ['Employment Status', 'Not in Paid Employment (seeking work)', 'employmentStatus'],
    ['Client Funding Status', 'fully client funded', 'fundingStatus'],
    ['Cost Frequency (Unit Type)', 'PER SESSION', 'costUnit'],
    ['Cost Frequency (Unit Type)', 'Per moon', 'costUnit'],
    ['Accommodation Status', 'REGISTERED CARE HOME', 'accommodationStatus'],
    ['Ethnicity', 'white:  roma', 'ethnicity'],
  ] as const)('%s "%s" is passed on in the spelling of release 2', async (column, said, field) => {
    const row = { ...GOOD, [column]: said };
    const [item] = await read(`${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`);
    expect(item!.outcome === undefined && item!.record[field]).toBe(
      {
        'Social Support: Support to Carer': 'Social support: Support to unpaid carer',
        'SOCIAL SUPPORT: Support to unpaid carer': 'Social support: Support to unpaid carer',
        'Not in Paid Employment (seeking work)': 'Not in paid employment: Seeking work',
        'fully client funded': 'Fully client funded',
        'PER SESSION': 'Per session',
        'REGISTERED CARE HOME': 'Registered care home',
        'white:  roma': 'White: Roma',
        // Not of the list: as it came, for the contract to refuse.
        'Per moon': 'Per moon',
      }[said],
    );
  });
});

describe('identifiers that a spreadsheet has rounded', () => {
  it.each([
    [{ 'LA Person Unique Identifier': '1.23457E+11' }, ['MESH-2623 LA Person Unique Identifier']],
    [{ 'Event Reference': '2E+12' }, ['MESH-2623 Event Reference']],
    [{ 'LA Person Unique Identifier': '="00123"', 'NHS Number': '' }, ['00123', '03', '503|S1']],
    [{ 'NHS Number': "'9434765919" }, ['9434765919', '02', '503|S1']],
  ])('%j', async (changes, expected) => {
    expect(await outcome(changes)).toEqual(expected);
  });
});

describe('a return', () => {
  /** The columns of the specification, as councils know them. */
  const SPECIFIED =
    'LA Code,Reporting Period Start Date,Reporting Period End Date,NHS Number,LA Person Unique Identifier,First Name,Last Name,' +
    'GP Practice Name,GP Practice Code,Gender,Ethnicity,Date of Birth,Date of Death,Client Type,Primary Support Reason,Postcode,' +
    'Accommodation Status,Employment Status,Has Unpaid Carer,Autism Spectrum Disorder (ASD),Visual Impairment,Hearing Impairment,' +
    'Dementia,Client Funding Status,Event Type,Event Reference,Event Start Date,Event End Date,Event Description,Event Outcome,' +
    'Request: Route of Access,Assessment Type,Eligible Needs Identified,Method of Assessment,Total Hrs Caring per week,' +
    'No. of adults being cared for,Adult 1 Linked Person ID,Adult 2 Linked Person ID,Adult 3 Linked Person ID,Service Type,' +
    'Service Component,Delivery Mechanism,Provider CQC Location Name,Provider CQC Location ID,Review Reason,' +
    'Review Outcomes Achieved,Method of Review,Unit Cost,Cost Frequency (Unit Type),Planned units per week';

  it('with the columns of the specification in their order has nothing odd', async () => {
    async function* body() {
      yield Buffer.from(`${SPECIFIED}\n${'503,'.repeat(49)}\n`);
    }
    const noticed: string[] = [];
    const notice = ({ code, path }: { code: string; path: string }) =>
      noticed.push(`${code} ${path}`);
    const input = { contentType: 'text/csv', body: body(), environment: 'test' as const, notice };
    for await (const _item of source.read(input));
    expect(noticed).toEqual([]);
  });

  const text = `${HEADER.join(',')}\n${HEADER.map((name) => GOOD[name]).join(',')}\n`;

  it('may be in Windows-1252 or UTF-16 if it says so', async () => {
    expect(
      await read(Buffer.from(text, 'latin1'), 'test', 'text/csv; charset=windows-1252'),
    ).toHaveLength(1);
    expect(await read(Buffer.from(`\uFEFF${text}`, 'utf16le'))).toHaveLength(1);
  });

  it('without a required column is refused, naming it', async () => {
    const error: unknown = await read(text.replace('Client Type', 'Sort')).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as IntakeRefused).fault).toMatchObject({
      code: 'MESH-2121',
      path: 'Client Type',
    });
  });
});
