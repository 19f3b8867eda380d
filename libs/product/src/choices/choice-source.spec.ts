import { describe, expect, test } from 'vitest';

import type { SourceItem } from '../define/source.js';
import { nhsNumber } from '../rig/feed.js';
import { choiceSource } from './choice-source.js';
import type { ChoiceStatement } from './statement.js';

const SNOMED = 'http://snomed.info/sct';
const source = choiceSource([
  { system: SNOMED, code: '827241000000103', choice: 'type-1', objects: true },
  { system: SNOMED, code: '827261000000102', choice: 'type-1', objects: false },
]);
const NHS = nhsNumber(1);
const patient = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: NHS }],
};
const observation = {
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { coding: [{ system: SNOMED, code: '827241000000103' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-01',
};
const consent = {
  resourceType: 'Consent',
  id: 'c1',
  status: 'active',
  patient: { identifier: patient.identifier[0] },
  dateTime: '2026-03-02T10:00:00Z',
  provision: {
    type: 'deny',
    purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
  },
};
const bundleOf = (...resources: object[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource })),
});

async function read(text: string, contentType = 'application/fhir+json', by = source) {
  const body = (async function* () {
    yield Buffer.from(text);
  })();
  const items: SourceItem<ChoiceStatement>[] = [];
  for await (const item of by.read({ contentType, body, environment: 'test' })) items.push(item);
  return items;
}
const one = async (resource: object) =>
  (await read(JSON.stringify(bundleOf(resource, patient))))[0]!;
const codes = (item: SourceItem<ChoiceStatement>) =>
  item.outcome === undefined ? [] : item.errors.map(({ code, path }) => `${code} ${path}`);

describe('a name twice in one object', () => {
  const twice = (resource: object) =>
    JSON.stringify(resource).replace('"status"', '"status":"cancelled","status"');

  test('refuses a submission read whole', async () => {
    await expect(read(twice(bundleOf(observation, patient)))).rejects.toMatchObject({
      fault: { code: 'MESH-2641', path: '' },
    });
  });

  test('and one line of a file', async () => {
    const lines = [twice(observation), JSON.stringify({ ...observation, id: 'o2' })];
    const text = [...lines, JSON.stringify(patient)].join('\n');
    const items = await read(text, 'application/fhir+ndjson');
    expect(items.map(codes)).toEqual([['MESH-2641 line 1'], []]);
  });
});

describe('entries about a choice', () => {
  test('a coded entry of a GP record, its patient elsewhere in the submission', async () => {
    expect(await one(observation)).toMatchObject({
      sourceId: 'Observation/o1',
      record: {
        person: { nhsNumber: NHS },
        ...{ choice: 'type-1', objects: true, at: Date.UTC(2026, 2, 1), id: 'o1' },
      },
    });
    const withdrawn = { coding: [{ system: SNOMED, code: '827261000000102' }] };
    expect(await one({ ...observation, code: withdrawn })).toMatchObject({
      record: { choice: 'type-1', objects: false },
    });
  });

  test('a consent about care, denied, permitted, and ended', async () => {
    const choice = 'dissent';
    expect(await one(consent)).toMatchObject({ record: { choice, objects: true } });
    const permitted = { ...consent.provision, type: 'permit' };
    expect(await one({ ...consent, provision: permitted })).toMatchObject({
      record: { choice, objects: false },
    });
    expect(await one({ ...consent, status: 'inactive' })).toMatchObject({
      record: { choice, objects: null, id: 'c1', unheld: 'choiceStatus' },
    });
  });

  test('someone whose NHS number has its system by an address it had before', async () => {
    const identifier = { system: 'http://fhir.nhs.net/Id/nhs-number', value: NHS };
    expect(await one({ ...consent, patient: { identifier } })).toMatchObject({
      record: { person: { nhsNumber: NHS } },
    });
  });

  test('someone known by a local identifier alone, contained in the entry', async () => {
    const assigner = {
      identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RRV' },
    };
    const own = { resourceType: 'Patient', id: 'x', identifier: [{ value: '77', assigner }] };
    const item = await one({ ...consent, contained: [own], patient: { reference: '#x' } });
    expect(item).toMatchObject({ record: { person: { local: { issuer: 'RRV', id: '77' } } } });
  });

  test('what cannot be used is named by code and path, and never repeated', async () => {
    expect(codes(await one({ ...observation, effectiveDateTime: undefined }))).toEqual([
      'MESH-2611 /effectiveDateTime',
    ]);
    expect(codes(await one({ ...observation, subject: {} }))).toHaveLength(1);
    expect(
      codes(await one({ ...observation, subject: { reference: 'Patient/none' } })),
    ).toHaveLength(1);
    // A Type 2 opt-out ended in 2018 and must not be acted on; another code says nothing of a choice.
    const other = { coding: [{ system: SNOMED, code: '881561000000100' }] };
    expect(await one({ ...observation, code: other })).toMatchObject({ outcome: 'notUsed' });
    const item = await one({ ...observation, id: NHS, status: 1 });
    expect(item).toMatchObject({ sourceId: 'Observation', outcome: 'quarantined' });
  });

  test('an entry made in error takes back what was said under its id, with or without a date', async () => {
    for (const entry of [observation, { ...observation, effectiveDateTime: undefined }])
      expect(await one({ ...entry, status: 'entered-in-error' })).toMatchObject({
        record: { choice: 'type-1', objects: null, id: 'o1', unheld: 'choiceInError' },
      });
    const nameless = { ...observation, id: undefined, status: 'entered-in-error' };
    expect(codes(await one(nameless))).toEqual(['MESH-2612 /status']);
  });

  test.each(['registered', 'preliminary', 'cancelled', 'unknown', 'constructor'])(
    'an Observation that is %s states nothing',
    async (status) => {
      expect(codes(await one({ ...observation, status }))).toEqual(['MESH-2613 /status']);
    },
  );
  test.each(['draft', 'proposed', 'rejected', 'final'])(
    'a Consent that is %s states nothing, whatever it permits or denies',
    async (status) => {
      for (const type of ['permit', 'deny']) {
        const entry = { ...consent, status, provision: { ...consent.provision, type } };
        expect(codes(await one(entry))).toEqual(['MESH-2613 /status']);
      }
    },
  );
  test.each(['final', 'amended', 'corrected'])('an Observation that is %s counts', async (status) =>
    expect(await one({ ...observation, status })).toMatchObject({ record: { objects: true } }),
  );

  test('a date in the future is refused: it would outdo all that is said until then', async () => {
    const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString();
    expect(codes(await one({ ...observation, effectiveDateTime: '2099-01-01' }))).toEqual([
      'MESH-2614 /effectiveDateTime',
    ]);
    expect(codes(await one({ ...consent, dateTime: day(2) }))).toEqual(['MESH-2614 /dateTime']);
    const changed = { ...observation, meta: { lastUpdated: day(2) } };
    expect(codes(await one(changed))).toEqual(['MESH-2614 /meta/lastUpdated']);
    // The clock of a source may be ahead of ours.
    expect(await one({ ...consent, dateTime: day(0.5) })).toMatchObject({
      record: { objects: true },
    });
  });

  test('an entry without an id of its own is read', async () => {
    const item = await one({ ...observation, id: undefined });
    expect(item).toMatchObject({ sourceId: 'Observation', record: { objects: true, id: '' } });
    const nameless = { ...patient, id: undefined };
    const items = await read(
      JSON.stringify(bundleOf({ ...observation, subject: consent.patient }, nameless)),
    );
    expect(items).toMatchObject([{ record: { objects: true } }]);
  });

  test('what an entry is about, but does not tell so that it can be acted on', async () => {
    const coded = (coding: object) => ({ ...observation, code: { coding: [coding] } });
    for (const coding of [
      { system: 'urn:oid:2.16.840.1.113883.6.96', code: '827241000000103' },
      { code: '827241000000103' },
    ])
      expect(codes(await one(coded(coding)))).toEqual(['MESH-2615 /code']);
    const { purpose } = consent.provision;
    expect(codes(await one({ ...consent, provision: { purpose } }))).toEqual([
      'MESH-2133 /provision/type',
    ]);
    expect(codes(await one({ ...consent, provision: { type: 'other', purpose } }))).toEqual([
      'MESH-2132 /provision/type',
    ]);
    expect(codes(await one({ ...consent, provision: { type: 'deny' } }))).toEqual([
      'MESH-2141 /provision',
    ]);
  });

  test('a domain whose systems have no code of a choice is sent none as an Observation', async () => {
    const items = await read(
      JSON.stringify(observation),
      'application/fhir+json',
      choiceSource([]),
    );
    expect(items.map(codes)).toEqual([['MESH-2615 /code']]);
  });

  test('what is refused is kept with its person, so that it can be read again alone', async () => {
    const refused = await one({ ...observation, status: 'cancelled' });
    const [again] = await read(String(refused.raw).replace('cancelled', 'final'));
    expect(again).toMatchObject({ record: { person: { nhsNumber: NHS }, objects: true } });
  });

  test('only an objection counts again when it is sent again', async () => {
    expect(await one(observation)).toMatchObject({ at: null });
    const withdrawn = { coding: [{ system: SNOMED, code: '827261000000102' }] };
    expect(await one({ ...observation, code: withdrawn })).toMatchObject({
      at: '2026-03-01T00:00:00.000Z',
    });
  });

  test('one entry on each line; a line that is no JSON stands alone', async () => {
    const lines = [JSON.stringify(patient), '{', JSON.stringify(observation)].join('\n');
    const items = await read(lines, 'application/fhir+ndjson');
    expect(items[0]).toMatchObject({
      errors: [
        { path: 'line 2', message: expect.stringMatching(/: it ends too early, column 2$/) },
      ],
    });
    expect(items.map(({ index, outcome }) => [index, outcome])).toEqual([
      [1, 'quarantined'],
      [2, undefined],
    ]);
  });

  test('a body that is no JSON is refused whole', async () => {
    await expect(read('no json')).rejects.toMatchObject({
      fault: { path: '', message: 'The text is not valid JSON: line 1, column 1' },
    });
  });
});
