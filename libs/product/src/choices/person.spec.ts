import { describe, expect, test } from 'vitest';

import type { SourceItem } from '../define/source.js';
import { nhsNumber } from '../rig/feed.js';
import { choiceSource } from './choice-source.js';
import type { ChoiceStatement } from './statement.js';

/** By which of a patient's identifiers a choice is theirs: as a record of theirs would be. */
const SNOMED = 'http://snomed.info/sct';
const source = choiceSource([
  { system: SNOMED, code: '827241000000103', choice: 'type-1', objects: true },
]);
const [ANN, BOB] = [nhsNumber(1), nhsNumber(2)];
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const PURPOSE = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const until = (end?: string) => (end === undefined ? {} : { period: { end } });
const nhs = (value: string, end?: string) => ({
  ...{ system: 'https://fhir.nhs.uk/Id/nhs-number', value, ...until(end) },
});
const issuer = (value = 'RRV', system = ODS) => ({ identifier: { system, value } });
const local = (system: string | undefined, value: string, more: object = {}) => ({
  ...{ system, value, assigner: issuer(), ...more },
});
const typed = (code: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
});
const organization = (id: string, ods: string, more: object = {}) => ({
  ...{ resourceType: 'Organization', id, name: 'The Surgery' },
  ...{ identifier: [{ system: ODS, value: ods }], ...more },
});
const patientOf = (identifier: object[], more: object = {}) => ({
  ...{ resourceType: 'Patient', id: 'p', name: [{ family: 'Okonkwo' }], identifier, ...more },
});
const CHANGED = { meta: { lastUpdated: '2026-03-01T12:00:00Z' } };
const observation = (more: object = {}) => ({
  ...{ resourceType: 'Observation', id: 'o', status: 'final', effectiveDateTime: '2026-02-01' },
  ...{ code: { coding: [{ system: SNOMED, code: '827241000000103' }] } },
  ...{ subject: { reference: 'Patient/p' }, ...more },
});
const consent = (more: object = {}) => ({
  ...{ resourceType: 'Consent', id: 'c', status: 'active', dateTime: '2026-02-01' },
  ...{ provision: { type: 'deny', purpose: [{ system: PURPOSE, code: 'TREAT' }] } },
  ...{ patient: { reference: 'Patient/p' }, ...more },
});
type Entry = { fullUrl?: string; resource: object };
const bundle = (entry: readonly Entry[]) =>
  JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });

async function read(text: string) {
  const body = (async function* () {
    yield Buffer.from(text);
  })();
  const items: SourceItem<ChoiceStatement>[] = [];
  const contentType = 'application/fhir+json';
  for await (const item of source.read({ contentType, body, environment: 'test' }))
    items.push(item);
  return items;
}
function whose(item: SourceItem<ChoiceStatement>): string {
  if (item.outcome !== undefined)
    return item.errors.map(({ code, path }) => `${code} ${path}`).join();
  const { nhsNumber: number, local: own, others = [] } = item.record.person;
  return [number, ...[own, ...others].map((one) => one && `${one.issuer} ${one.id}`)].join();
}
/** Whose the choices of a submission are, in whatever order it stands, and again of what is kept of each. */
async function ofEntries(...entries: Entry[]): Promise<string> {
  const items = await read(bundle(entries));
  const told = items.map(whose);
  expect((await read(bundle(entries.toReversed()))).map(whose).toReversed()).toEqual(told);
  for (const [at, { raw }] of items.entries()) {
    expect((await read(String(raw))).map(whose)).toEqual([told[at]]);
    expect(String(raw)).not.toMatch(/The Surgery|Okonkwo/);
  }
  return told.join('; ');
}
const ofResources = (...resources: object[]) =>
  ofEntries(...resources.map((resource) => ({ resource })));
const of = async (identifiers: object[], entry: object = observation(), more: object = {}) => {
  const told = await ofResources(entry, patientOf(identifiers, more));
  expect(await ofResources(entry, patientOf(identifiers.toReversed(), more))).toBe(told);
  return told;
};

const CONFLICT = 'MESH-2208 /subject/identifier';
const NOBODY = 'MESH-2211 /subject';

describe('a further local identifier', () => {
  test('of the same issuer, system and type names the same person', async () => {
    expect(await of([local('urn:a', '1'), local('urn:a', '2')])).toBe(',RRV 1,RRV 2');
    expect(await of([local(undefined, '1'), local(undefined, '2')])).toBe(',RRV 1,RRV 2');
    const mr = typed('MR');
    expect(await of([nhs(ANN), local('urn:a', '1', mr), local('urn:a', '2', mr)])).toBe(
      `${ANN},RRV 1,RRV 2`,
    );
  });

  test.each<[string, object, object]>([
    ['another system', local('urn:a', '1'), local('urn:b', '2')],
    ['no system', local(undefined, '1'), local('urn:b', '2')],
    ['another issuer', local('urn:a', '1'), local('urn:a', '2', { assigner: issuer('RXX') })],
    ['another type', local('urn:a', '1', typed('MR')), local('urn:a', '2', typed('PI'))],
    ['no type', local('urn:a', '1', typed('MR')), local('urn:a', '2')],
  ])('of %s may be somebody else’s', async (_, first, second) => {
    expect(await of([first, second])).toBe(',RRV 1');
    expect(await of([nhs(ANN), first, second])).toBe(`${ANN},RRV 1`);
  });

  test('the first is the one under which their records are', async () => {
    const own = local('urn:b', '9', { assigner: issuer('RXX') });
    expect(await of([local('urn:a', '1'), local('urn:b', '9', typed('MR'))])).toBe(',RRV 9');
    expect(await of([local('urn:a', '1'), own])).toBe(',RRV 1');
    const keeper = { managingOrganization: issuer('RXX') };
    expect(await of([local('urn:a', '1'), own], observation(), keeper)).toBe(',RXX 9');
  });

  test.each(['VN', 'AN', 'NI', 'PPN', 'PRN', 'XX', 'NNGBR'])(
    'none that numbers no record: %s',
    async (code) => {
      const other = local('urn:a', '1', typed(code));
      expect(await of([nhs(ANN), other])).toBe(`${ANN},`);
      expect(await of([local('urn:a', '7'), other])).toBe(',RRV 7');
      expect(await of([other])).toBe(NOBODY);
    },
  );

  test('none that is blank', async () => {
    expect(await of([local('urn:a', ' ')])).toBe(NOBODY);
    expect(await of([nhs(' '), local('urn:a', '1')])).toBe(',RRV 1');
  });
});

describe('what has ended', () => {
  test('an NHS number that has is nobody else’s, and counts where it is the only one', async () => {
    expect(await of([nhs(BOB, '2020-01-01'), nhs(ANN)])).toBe(`${ANN},`);
    expect(await of([nhs(BOB, '2020-01-01'), nhs(ANN, '2099')])).toBe(`${ANN},`);
    expect(await of([nhs(ANN, '2020-01-01')])).toBe(`${ANN},`);
    // One that is wrong is not refused for it.
    expect(await of([nhs('9434765910', '2020'), nhs(ANN)])).toBe(`${ANN},`);
  });

  test('two that have not, or two that both have, are two people', async () => {
    expect(await of([nhs(BOB, '2099-01-01'), nhs(ANN)])).toBe(CONFLICT);
    expect(await of([nhs(BOB, '2019'), nhs(ANN, '2020')])).toBe(CONFLICT);
  });

  test('what the reference names has not', async () => {
    const subject = { reference: 'Patient/p', identifier: nhs(BOB, '2020-01-01') };
    expect(await of([nhs(ANN)], observation({ subject }))).toBe(CONFLICT);
    expect(await of([nhs(ANN, '2020-01-01')], observation({ subject }))).toBe(CONFLICT);
  });

  const both = [nhs(BOB, '2026-02-15'), nhs(ANN)];
  test.each<[string, object, string, object?]>([
    ['when an entry was changed', observation(CHANGED), `${ANN},`],
    [
      'when it was changed, before',
      observation({
        meta: { lastUpdated: '2026-02-10T12:00:00Z' },
        effectiveDateTime: '2026-03-01',
      }),
      CONFLICT,
    ],
    ['from when on it holds', observation({ effectiveDateTime: '2026-02-16' }), `${ANN},`],
    ['from when on it holds, before', observation({ effectiveDateTime: '2026-02-15' }), CONFLICT],
    ['no earlier than its patient was changed', observation(), `${ANN},`, CHANGED],
    // Of no conflict of two people: what is wrong with such an entry is that it does not say when.
    [
      'never, so that what ends gives way',
      observation({ effectiveDateTime: undefined }),
      'MESH-2611 /effectiveDateTime',
    ],
  ])('is told at the time of an entry: %s', async (_, entry, told, more = {}) => {
    expect(await of(both, entry, more)).toBe(told);
  });

  test('and of a consent', async () => {
    expect(await of(both, consent({ dateTime: '2026-02-16T09:00:00Z' }))).toBe(`${ANN},`);
    expect(await of(both, consent())).toBe('MESH-2208 /patient/identifier');
  });

  test('a local identifier that has gives way, and is nobody’s beside a number', async () => {
    const ended = local('urn:a', '1', until('2020-01-01'));
    expect(await of([ended, local('urn:a', '2')])).toBe(',RRV 2');
    expect(await of([nhs(ANN), ended])).toBe(`${ANN},`);
    expect(await of([ended])).toBe(',RRV 1');
  });
});

describe('who issued a local identifier', () => {
  const by = (assigner: object) => [{ system: 'urn:a', value: '1', assigner }];

  test.each([
    'http://fhir.nhs.uk/Id/ods-organization-code',
    'https://fhir.nhs.uk/Id/ods-organization-code/',
    'https://fhir.nhs.uk/id/ODS-organization-code',
  ])('by ODS code, of the system %s', async (system) => {
    expect(await of(by(issuer('RRV', system)))).toBe(',RRV 1');
    const ods = organization('o', 'RRV', { identifier: [{ system, value: 'RRV' }] });
    expect(await of(by({ reference: '#o' }), observation(), { contained: [ods] })).toBe(',RRV 1');
  });

  test('an organisation that the patient contains', async () => {
    const contained = [organization('o', 'RRV'), { resourceType: 'Practitioner', id: 'o' }, null];
    const more = { contained };
    expect(await of(by({ reference: '#o' }), observation(), more)).toBe(',RRV 1');
    expect(await of(by({ reference: '#q' }), observation(), more)).toBe(NOBODY);
    const twice = { contained: [organization('o', 'RRV'), organization('o', 'RXX')] };
    expect(await of(by({ reference: '#o' }), observation(), twice)).toBe(NOBODY);
    const modified = organization('o', 'RRV', { modifierExtension: [{ url: 'x' }] });
    expect(await of(by({ reference: '#o' }), observation(), { contained: [modified] })).toBe(
      NOBODY,
    );
    // What the entry contains is another's.
    const entry = { ...observation(), contained: [{ ...organization('q', 'RXX'), name: '' }] };
    expect(await of(by({ reference: '#q' }), entry, more)).toBe(NOBODY);
  });

  test('one that the entry contains with the patient', async () => {
    const own = { ...patientOf(by({ reference: '#o' })), name: undefined };
    const contained = [own, { ...organization('o', 'RRV'), name: undefined }];
    expect(await ofResources(observation({ contained, subject: { reference: '#p' } }))).toBe(
      ',RRV 1',
    );
  });

  test('one of the Bundle, by its address', async () => {
    const patient = (reference: string, server: string) => ({
      fullUrl: `https://${server}/Patient/p`,
      resource: patientOf(by({ reference })),
    });
    const entry = { fullUrl: 'https://a/Observation/o', resource: observation() };
    const organisations = ['a', 'b'].map((server) => ({
      fullUrl: `https://${server}/Organization/1`,
      resource: organization('1', server === 'a' ? 'RRV' : 'RXX'),
    }));
    for (const [reference, expected] of [
      ['Organization/1', ',RRV 1'],
      ['https://b/Organization/1', ',RXX 1'],
      ['Organization/2', NOBODY],
    ] as const)
      expect(await ofEntries(entry, patient(reference, 'a'), ...organisations)).toBe(expected);
  });

  test('one of the Bundle, by its name', async () => {
    const patient = patientOf(by({ reference: 'Organization/1' }));
    const [one, other] = [organization('1', 'RRV'), organization('1', 'RXX')];
    expect(await ofResources(observation(), patient, one)).toBe(',RRV 1');
    expect(await ofResources(observation(), patient, one, other)).toBe(NOBODY);
    expect(await ofResources(observation(), patient)).toBe(NOBODY);
  });

  test('of the identifier in the reference as well', async () => {
    const [identifier] = by({ reference: 'Organization/1' });
    const entry = observation({ subject: { identifier } });
    expect(await ofResources(entry, organization('1', 'RRV'))).toBe(',RRV 1');
  });

  test('by the code that it has now', async () => {
    const codes = [
      { system: ODS, value: 'RXX', ...until('2020-01-01') },
      { system: ODS, value: 'RRV' },
    ];
    const one = organization('1', '', { identifier: codes });
    const patient = patientOf(by({ reference: 'Organization/1' }));
    expect(await ofResources(observation(), patient, one)).toBe(',RRV 1');
  });

  test('the patient’s record keeper is found likewise', async () => {
    const identifiers = [
      local('urn:a', '1'),
      local('urn:b', '9', { assigner: { reference: 'Organization/1' } }),
    ];
    const patient = patientOf(identifiers, {
      managingOrganization: { reference: 'Organization/1' },
    });
    expect(await ofResources(observation(), patient, organization('1', 'RXX'))).toBe(',RXX 9');
  });

  test('an organisation is no patient', async () => {
    const entry = observation({ subject: { reference: 'Organization/1' } });
    expect(await ofResources(entry, organization('1', 'RRV'))).toBe('MESH-2134 /subject/reference');
  });

  test('one that cannot be read is nobody', async () => {
    const patient = patientOf(by({ reference: 'Organization/1' }));
    const broken = organization('1', 'RRV', { identifier: 7 });
    expect(await ofResources(observation(), patient, broken)).toBe(NOBODY);
  });
});

test('an entry is called by its id, but not by what tells who it is about', async () => {
  const identifiers = [nhs(ANN), local('urn:a', 'A-7'), local('urn:b', 'A-8')];
  const named = async (id: string, more: object = {}) => {
    const resources = [observation({ id, ...more }), patientOf(identifiers)];
    const [item] = await read(bundle(resources.map((resource) => ({ resource }))));
    return item!.sourceId;
  };
  expect(await named('A-6')).toBe('Observation/A-6');
  for (const id of ['A-7', 'A-8']) {
    expect(await named(id)).toBe('Observation');
    expect(await named(id, { status: 'registered' })).toBe('Observation');
  }
});
