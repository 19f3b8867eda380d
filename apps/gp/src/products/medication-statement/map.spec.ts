import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Faulty, IntakeRefused, type Change, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import type { MedicineEntry } from '../../sources/fhir/medicine-entry.js';
import { fhir } from '../../sources/fhir.js';
import { toMedicationStatement } from './map.js';
import { medicationStatement } from './product.js';
import type { MedicationStatement } from './record.gen.js';

const fixtures = new URL('fixtures/', import.meta.url);
const DATES = [
  'effectiveStart',
  'effectiveEnd',
  'dateAsserted',
  'lastIssued',
  'reviewDate',
  'birthDate',
];

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

/** The items of a body as the intake reads them. */
export async function read(
  text: string | Buffer,
  lines = false,
): Promise<SourceItem<MedicineEntry>[]> {
  const items: SourceItem<MedicineEntry>[] = [];
  const contentType = lines ? 'application/fhir+ndjson' : 'application/fhir+json';
  const body = chunks(Buffer.from(text as string));
  for await (const item of fhir.read({ contentType, body, environment: 'test' })) items.push(item);
  return items;
}

/** An item with the changes it makes, its numbers of days and moments as people read them. */
function outcomeOf(item: SourceItem<MedicineEntry>): unknown {
  const { index, sourceId } = item;
  if (item.outcome)
    return {
      index,
      sourceId,
      outcome: item.outcome,
      errors: item.errors.map((one) => `${one.code} ${one.path}`),
    };
  const result = toMedicationStatement(item.record);
  if (result instanceof Faulty)
    return { index, sourceId, faults: result.faults.map((one) => `${one.code} ${one.path}`) };
  const isRestricted = item.restriction?.restricted ?? false;
  return { index, sourceId, changes: readable(isRestricted ? result.map(shown) : result) };
}

/** What is published of a change while its person is restricted. */
function shown(change: Change<MedicationStatement>): unknown {
  const { publisherOds, shows } = medicationStatement.restricted!;
  if (change.change !== 'upsert') return { ...change, publisherOds };
  const person = { ...change.person, local: null };
  return { ...change, person, publisherOds, content: shows(change.content) };
}

const pathsOf = (item: SourceItem<MedicineEntry>): string[] | undefined =>
  item.outcome && item.errors.map(({ path }) => path);

const readable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, one: unknown) => {
    if (typeof one !== 'number') return one;
    if (DATES.includes(key)) return new Date(one * 86_400_000).toISOString().slice(0, 10);
    return key === 'authoredAt' ? new Date(one).toISOString() : one;
  });

describe('a resource becomes the change a reviewer would write by hand', () => {
  it.each(readdirSync(fixtures))('%s', async (name) => {
    const folder = new URL(`${name}/`, fixtures);
    const lines = existsSync(new URL('source.ndjson', folder));
    const source = readFileSync(new URL(lines ? 'source.ndjson' : 'source.json', folder));
    const expected: unknown = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));
    expect((await read(source, lines)).map(outcomeOf)).toEqual(expected);
  });

  it('what is landed of an item reads as the same item again, and holds no name or address line', async () => {
    for (const name of readdirSync(fixtures)) {
      if (!existsSync(new URL(`${name}/source.json`, fixtures))) continue;
      const items = await read(readFileSync(new URL(`${name}/source.json`, fixtures)));
      for (const item of items.filter((one) => !one.outcome)) {
        const [again] = await read(item.raw as string);
        expect(outcomeOf({ ...again!, index: item.index })).toEqual(outcomeOf(item));
        expect(item.raw).not.toMatch(/Okonkwo|Chapel Lane/);
      }
    }
  });
});

const statement = JSON.parse(
  readFileSync(new URL('statement-with-identifier/source.json', fixtures), 'utf8'),
) as Record<string, unknown>;
const nhs = (value: string): object => ({
  identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value },
});

describe('a fault names its code and its place', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    [
      'an NHS number that fails modulus 11',
      { subject: nhs('9434765910') },
      ['MESH-2202 /subject/identifier'],
    ],
    [
      'an NHS number of one digit repeated',
      { subject: nhs('9999999999') },
      ['MESH-2203 /subject/identifier'],
    ],
    [
      'an NHS number outside 9xx',
      { subject: nhs('5000000005') },
      ['MESH-2204 /subject/identifier'],
    ],
    ['an NHS number too short', { subject: nhs('12345') }, ['MESH-2201 /subject/identifier']],
    ['no subject', { subject: undefined }, ['MESH-2133 /subject']],
    ['a subject who is nobody', { subject: { display: 'x' } }, ['MESH-2211 /subject']],
    [
      'a local identifier without issuer',
      { subject: { identifier: { system: 'x', value: '7' } } },
      ['MESH-2212 /subject/identifier'],
    ],
    [
      'a subject elsewhere',
      { subject: { reference: 'Patient/9' } },
      ['MESH-2134 /subject/reference'],
    ],
    ['a group', { subject: { reference: 'Group/9' } }, ['MESH-2132 /subject/reference']],
    [
      'a day that does not exist',
      { effectivePeriod: { start: '2026-02-30' } },
      ['MESH-2232 /effectivePeriod/start'],
    ],
    [
      'such a day of a single moment',
      { effectivePeriod: undefined, effectiveDateTime: '2026-02-30' },
      ['MESH-2232 /effectiveDateTime'],
    ],
    [
      'an hour that does not exist',
      { effectivePeriod: { start: '2026-03-29T01:30:00' } },
      ['MESH-2233 /effectivePeriod/start'],
    ],
    [
      'an end before the start',
      { effectivePeriod: { start: '2026-02-02', end: '2026-02-01' } },
      ['MESH-2235 /effectivePeriod/end'],
    ],
    ['a date of another form', { dateAsserted: '15/02/2026' }, ['MESH-2231 /dateAsserted']],
    ['no status', { status: undefined }, ['MESH-2133 /status']],
    [
      'no medicine',
      { medicationCodeableConcept: undefined },
      ['MESH-2133 /medicationCodeableConcept'],
    ],
    [
      'a medicine that only a code of another system names',
      {
        medicationCodeableConcept: {
          coding: [{ system: 'http://read.info/readv2', code: 'x01..' }],
        },
      },
      ['MESH-2242 /medicationCodeableConcept/coding'],
    ],
    [
      'a medicine that only a code without a system names',
      { medicationCodeableConcept: { coding: [{ code: '322236009' }] } },
      ['MESH-2242 /medicationCodeableConcept/coding'],
    ],
    [
      'a code that is none',
      { medicationCodeableConcept: { coding: [{ system: 'https://dmd.nhs.uk', code: 'ABC' }] } },
      ['MESH-2243 /medicationCodeableConcept/coding'],
    ],
    [
      'a medicine elsewhere',
      { medicationCodeableConcept: undefined, medicationReference: { reference: 'Medication/9' } },
      ['MESH-2134 /medicationReference/reference'],
    ],
    ['no id', { id: undefined }, ['MESH-2213 /id']],
    [
      'a modifier it does not understand',
      { modifierExtension: [{ url: 'x', valueBoolean: true }] },
      ['MESH-2132 /modifierExtension'],
    ],
    [
      'two at once',
      { status: undefined, dateAsserted: '2026-13-01' },
      ['MESH-2133 /status', 'MESH-2232 /dateAsserted'],
    ],
  ])('%s', async (_, change, faults) => {
    const [item] = await read(JSON.stringify({ ...statement, ...change }));
    expect(outcomeOf(item!)).toMatchObject({ faults });
  });

  it('a status of a request goes by the list of requests, one of a statement by that of statements', async () => {
    // A list of reasons on a statement, one reason on a request.
    const { statusReason: _, ...rest } = statement;
    const seen = async (resourceType: string, status: string) => {
      const given = { ...rest, resourceType, status, intent: 'order' };
      const [item] = await read(JSON.stringify(given));
      const told = outcomeOf(item!) as {
        changes?: { content: { status: string } }[];
        faults?: string[];
      };
      return told.changes?.[0]?.content.status ?? told.faults;
    };
    const both = ['active', 'on-hold', 'completed', 'stopped', 'unknown'];
    for (const status of both) expect(await seen('MedicationRequest', status)).toBe(status);
    expect(await seen('MedicationRequest', 'cancelled')).toBe('stopped');
    expect(await seen('MedicationRequest', 'draft')).toBe('intended');
    for (const status of ['intended', 'not-taken', 'ended'])
      expect(await seen('MedicationRequest', status)).toEqual(['MESH-2241 /status']);
    // Whatever it is, the contract's check looks at it; a word of requests is none of its list.
    for (const status of [...both, 'intended', 'not-taken', 'draft', 'cancelled'])
      expect(await seen('MedicationStatement', status)).toBe(status);
  });

  it('a status outside the list goes on as it is: the contract names the list, and its check refuses', async () => {
    const [item] = await read(JSON.stringify({ ...statement, status: 'constructor' }));
    expect(outcomeOf(item!)).toMatchObject({ changes: [{ content: { status: 'constructor' } }] });
  });

  it.each<[string, unknown, string]>([
    ['an element of another shape', { ...statement, dosage: { text: 'x' } }, 'MESH-2132 /dosage'],
    ['an id that is none', { ...statement, id: 'a b' }, 'MESH-2132 /id'],
    [
      'FHIR STU3 by its profile',
      { ...statement, meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/x'] } },
      'MESH-2135 /meta/profile',
    ],
    ['FHIR STU3 by its elements', { ...statement, taken: 'y' }, 'MESH-2135 /meta/profile'],
    ['no resource', { hello: 1 }, 'MESH-2131 /resourceType'],
    ['a list', [statement], 'MESH-2131 /resourceType'],
  ])('%s', async (_, source, error) => {
    const [item] = await read(JSON.stringify(source));
    expect(outcomeOf(item!)).toMatchObject({ outcome: 'quarantined', errors: [error] });
  });

  it('a dangerous property name, wherever it stands, and endless nesting', async () => {
    const text = JSON.stringify(statement).replace(
      '"text":{',
      '"text":{"__proto__":{"status":"x"},',
    );
    expect(outcomeOf((await read(text))[0]!)).toMatchObject({
      errors: ['MESH-2109 /text/__proto__'],
    });
    expect(({} as { status?: string }).status).toBe(undefined);
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const bottomless = `{"resourceType":"MedicationStatement","x":${deep}}`;
    await expect(read(bottomless)).rejects.toMatchObject({ fault: { code: 'MESH-2107' } });
    const bundle = `{"resourceType":"Bundle","entry":[{"resource":${bottomless}},{"resource":${JSON.stringify(statement)}}]}`;
    expect((await read(bundle)).map(pathsOf)).toEqual([['/entry/0'], undefined]);
    const shallow = `{"resourceType":"MedicationStatement","x":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`;
    expect(pathsOf((await read(shallow))[0]!)?.[0]).toMatch(/^(?:\/[ax]){65}$/);
  });

  it('text that is none', async () => {
    for (const wrong of ['a\\u0000b', '\\ud800', '\\u001b[2J']) {
      const text = JSON.stringify({ ...statement, dosage: [{ text: 'HERE' }] });
      const [item] = await read(text.replace('HERE', wrong));
      expect(outcomeOf(item!)).toMatchObject({ errors: ['MESH-2223 /dosage/0/text'] });
      // It is seen which one it is, and taken in again it is refused for the same.
      expect(item!.sourceId).toBe(`MedicationStatement/${statement.id}`);
      expect(JSON.parse(String(item!.raw))).toEqual(JSON.parse(text.replace('HERE', wrong)));
      expect(await read(String(item!.raw))).toEqual([item]);
    }
  });

  it('text that is none, of somebody: who it is, and nothing else of them', async () => {
    const of = { resourceType: 'Patient', id: 'p', identifier: [{ value: '1' }] };
    const address = [{ line: ['1 \u000bHigh Street'] }];
    const [item] = await read(JSON.stringify({ ...of, address }));
    expect(outcomeOf(item!)).toMatchObject({ errors: ['MESH-2223 /address/0/line/0'] });
    expect([item!.sourceId, JSON.parse(String(item!.raw))]).toEqual(['Patient/p', of]);
  });

  it('entries that are no list', async () => {
    expect(outcomeOf((await read('{"resourceType":"Bundle","entry":{}}'))[0]!)).toMatchObject({
      errors: ['MESH-2132 /entry'],
    });
  });
});

it('a null that keeps the place of a value in a list of primitives refuses nothing', async () => {
  const meta = {
    profile: [null, 'https://fhir.hl7.org.uk/StructureDefinition/UKCore-MedicationStatement'],
    _profile: [{ extension: [{ url: 'x', valueCode: 'unknown' }] }, null],
  };
  const patient = {
    ...{ resourceType: 'Patient', id: 'p', meta },
    identifier: Object.values(nhs('9434765919')),
    name: [{ given: ['Ada', null], suffix: [null], _suffix: [{ id: 'x' }] }],
    address: [{ line: [null, 'Leeds'], _line: [{ id: 'x' }, null], postalCode: 'LS1 6AE' }],
  };
  const one = { ...statement, meta, subject: { reference: 'Patient/p' } };
  const entry = [{ resource: patient }, { resource: one }];
  const [item] = await read(JSON.stringify({ resourceType: 'Bundle', entry }));
  expect(outcomeOf(item!)).toMatchObject({ changes: [{ content: { postcode: 'LS1 6AE' } }] });
  const STU3 = 'https://fhir.nhs.uk/STU3/StructureDefinition/x';
  const other = { ...statement, meta: { profile: [null, STU3] } };
  expect(outcomeOf((await read(JSON.stringify(other)))[0]!)).toMatchObject({
    errors: ['MESH-2135 /meta/profile'],
  });
});

it.each([
  ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
  ['2017-01-01T00:00:00.0000000001Z', '2017-01-01T00:00:00.000Z'],
])('changed at %s is taken as %s', async (lastUpdated, at) => {
  const [item] = await read(JSON.stringify({ ...statement, meta: { lastUpdated } }));
  expect(outcomeOf(item!)).toMatchObject({ changes: [{ at }] });
});

it('a status said of an NHS number that is not there is the person’s', async () => {
  const verification =
    'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus';
  const patient = {
    ...{ resourceType: 'Patient', id: 'p' },
    identifier: [
      {
        system: 'https://fhir.nhs.uk/Id/nhs-number',
        extension: [{ url: verification, valueCodeableConcept: { coding: [{ code: '07' }] } }],
      },
      {
        ...{ system: 'https://surgery.example/records', value: 'R-4471' },
        assigner: {
          identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'B82005' },
        },
      },
    ],
  };
  const contained = { ...statement, contained: [patient], subject: { reference: '#p' } };
  expect(outcomeOf((await read(JSON.stringify(contained)))[0]!)).toMatchObject({
    changes: [{ person: { nhsNumber: null, nhsNumberStatus: '07', local: { id: 'R-4471' } } }],
  });
});

describe('of several local identifiers the same one is taken in whatever order they come', () => {
  const by = (issuer: string, value: string, type?: string) => ({
    ...{ system: 'https://surgery.example/records', value },
    assigner: {
      identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: issuer },
    },
    ...(type && { type: { coding: [{ code: type }] } }),
  });
  it.each([
    ['a medical record number', [by('B82005', '1'), by('C83019', '9', 'MR')], 'C83019 9'],
    ['of two, that of the record keeper', [by('A81001', '1'), by('B82005', '9')], 'B82005 9'],
    [
      'of two record numbers, that of the keeper',
      [by('A81001', '1', 'MR'), by('B82005', '9', 'MR')],
      'B82005 9',
    ],
    ['of two of one issuer, always the one', [by('C83019', '2'), by('C83019', '1')], 'C83019 1'],
    ['of two issuers, always the one', [by('C83019', '1'), by('A81001', '2')], 'A81001 2'],
  ])('%s', async (_, identifiers, expected) => {
    for (const identifier of [identifiers, identifiers.toReversed()]) {
      const patient = {
        ...{ resourceType: 'Patient', id: 'p', identifier },
        managingOrganization: {
          identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'B82005' },
        },
      };
      const contained = { ...statement, contained: [patient], subject: { reference: '#p' } };
      const [item] = await read(JSON.stringify(contained));
      const { changes } = outcomeOf(item!) as {
        changes: { person: { local: { issuer: string; id: string } } }[];
      };
      const { issuer, id } = changes[0]!.person.local;
      expect(`${issuer} ${id}`).toBe(expected);
    }
  });
});

it.each<[string, (number | undefined)[], string]>([
  ['in the order they are followed', [3, 1, 2], 'b\nc\na'],
  ['those followed together as they came', [2, 1, 1], 'b\nc\na'],
  ['all as they came if one does not say', [2, undefined, 1], 'a\nb\nc'],
  ['all as they came if none says', [undefined, undefined, undefined], 'a\nb\nc'],
])('instructions stand %s', async (_, sequences, expected) => {
  const dosage = sequences.map((sequence, at) => ({
    ...{ sequence, text: 'abc'[at], patientInstruction: 'abc'[at] },
  }));
  const text = JSON.stringify({ ...statement, dosage, subject: nhs('9434765919') });
  expect(outcomeOf((await read(text))[0]!)).toMatchObject({
    changes: [{ content: { doseText: expected, patientInstruction: expected } }],
  });
});

describe('whose record it is', () => {
  const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
  const organisation = (value: string) => ({ identifier: { system: ODS, value } });
  const { identifier } = nhs('9434765919') as { identifier: object };
  const practice = { generalPractitioner: [organisation('B81001')] };
  const custodian = { managingOrganization: organisation('B82005') };
  it.each([
    ['the keeper says', { ...practice, ...custodian }, { keeper: 'B82005' }],
    [
      'the practice tells where nobody is stated',
      practice,
      { keeper: null, likelyKeeper: 'B81001' },
    ],
    ['and else nothing', {}, { keeper: null }],
  ])('%s', async (_, more, expected) => {
    const patient = { resourceType: 'Patient', id: 'p', identifier: [identifier], ...more };
    const text = { ...statement, contained: [patient], subject: { reference: '#p' } };
    const { changes } = outcomeOf((await read(JSON.stringify(text)))[0]!) as {
      changes: [{ keeper: string | null; likelyKeeper?: string }];
    };
    const { keeper, likelyKeeper } = changes[0];
    expect({ keeper, ...(likelyKeeper && { likelyKeeper }) }).toEqual(expected);
  });
});

describe('a submission of which nothing can be read is refused as a whole', () => {
  it.each<[string, string | Buffer, string]>([
    ['malformed JSON', '{"resourceType": "Bundle", "entry": [}', 'MESH-2101'],
    ['XML', '<MedicationStatement xmlns="http://hl7.org/fhir"/>', 'MESH-2102'],
    ['Windows-1252', Buffer.from('{"resourceType":"Zoë"}', 'latin1'), 'MESH-2103'],
    ['UTF-16', Buffer.from('{"resourceType":"x"}', 'utf16le'), 'MESH-2104'],
    ['a byte order mark', '\ufeff{"resourceType":"x"}', 'MESH-2105'],
    ['nothing', '', 'MESH-2003'],
    ['blanks', ' \n ', 'MESH-2003'],
  ])('%s', async (_, text, code) => {
    const refusal = read(text).catch((error: unknown) => error);
    expect(await refusal).toBeInstanceOf(IntakeRefused);
    expect(((await refusal) as IntakeRefused).fault.code).toBe(code);
  });

  it('its message says where and quotes nothing', async () => {
    const error = await read('{"value": "9434765919" oops}').catch((one: unknown) => one);
    expect((error as IntakeRefused).fault.message).toBe(
      'The text is not valid JSON: line 1, column 24',
    );
  });
});
