import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { SourceItem } from '../define/source.js';
import { nhsNumber } from '../rig/feed.js';
import { choiceSource } from './choice-source.js';
import type { ChoiceStatement } from './statement.js';

/** On whom a choice lands in a submission from several servers, whose ids are each server's own. */
const source = choiceSource([]);
const SYSTEM = 'https://fhir.nhs.uk/Id/nhs-number';
const PURPOSE = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const [ANN, BOB] = [nhsNumber(1), nhsNumber(2)];
const AMBIGUOUS =
  'A reference points to nothing in this submission: several have this type and id; give each entry its fullUrl';

type Entry = { fullUrl?: string; resource: object };
const at = (fullUrl: string, resource: object): Entry => ({ fullUrl, resource });
const plain = (resource: object): Entry => ({ resource });
const patient = (id: string | undefined, number: string): object => ({
  ...{ resourceType: 'Patient', id, identifier: [{ system: SYSTEM, value: number }] },
});
const consent = (id: string, who: object, more: object = {}): object => ({
  ...{ resourceType: 'Consent', id, status: 'active', dateTime: '2026-03-02', patient: who },
  ...{ provision: { type: 'deny', purpose: [{ system: PURPOSE, code: 'TREAT' }] }, ...more },
});
const bundle = (...entry: Entry[]): string =>
  JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });

async function read(text: string, lines = false): Promise<SourceItem<ChoiceStatement>[]> {
  const body = (async function* () {
    yield Buffer.from(text);
  })();
  const contentType = `application/fhir+${lines ? 'ndjson' : 'json'}`;
  const items: SourceItem<ChoiceStatement>[] = [];
  for await (const item of source.read({ contentType, body, environment: 'test' }))
    items.push(item);
  return items;
}
/** Whose choice an item is, or the fault it is refused for. */
const whose = (item: SourceItem<ChoiceStatement>): string =>
  item.outcome === undefined
    ? item.record.person.nhsNumber!
    : item.errors.map(({ code, path }) => `${code} ${path}`).join();
const people = async (text: string, lines = false) => (await read(text, lines)).map(whose);
const UNRESOLVED = 'MESH-2134 /patient/reference';

describe('two servers may have the same ids', () => {
  const both = [
    at('https://a/Patient/1', patient('1', ANN)),
    at('https://b/Patient/1', patient('1', BOB)),
  ];
  const by = (server: string, reference: string) =>
    at(`https://${server}/Consent/c`, consent('c', { reference }));

  test('a relative reference is meant of the server of its own entry, in whatever order', async () => {
    for (const patients of [both, both.toReversed()])
      expect(await people(bundle(by('a', 'Patient/1'), ...patients, by('b', 'Patient/1')))).toEqual(
        [ANN, BOB],
      );
  });

  test('an absolute one finds that address alone, and a relative one does not leave its server', async () => {
    expect(await people(bundle(...both, by('b', 'https://a/Patient/1')))).toEqual([ANN]);
    expect(await people(bundle(...both, by('a', 'https://b/Patient/1/_history/2')))).toEqual([BOB]);
    expect(await people(bundle(...both, by('a', 'https://c/Patient/1')))).toEqual([UNRESOLVED]);
    expect(await people(bundle(both[0]!, by('b', 'Patient/1')))).toEqual([UNRESOLVED]);
  });

  test('where no server is named one of a name will do, and of several none; its neighbours go on', async () => {
    const unnamed = plain(consent('c', { reference: 'Patient/1' }));
    expect(await people(bundle(both[0]!, unnamed))).toEqual([ANN]);
    expect(await people(bundle(unnamed, ...both, by('b', 'Patient/1')))).toEqual([UNRESOLVED, BOB]);
    const [refused] = await read(bundle(unnamed, ...both));
    expect(refused).toMatchObject({ outcome: 'quarantined', errors: [{ message: AMBIGUOUS }] });
  });

  test('an identifier beside it says who it is, but not somebody other than the reference', async () => {
    const who = (reference: string | undefined) => ({
      ...(reference && { reference }),
      identifier: { system: SYSTEM, value: BOB },
    });
    const from = (reference?: string) => plain(consent('c', who(reference)));
    expect(await people(bundle(...both, from('Patient/1')))).toEqual([BOB]);
    expect(await people(bundle(...both, from()))).toEqual([BOB]);
    expect(await people(bundle(both[0]!, from('Patient/1')))).toEqual([
      'MESH-2208 /patient/identifier',
    ]);
  });

  test('what is kept of an entry leads to the same person again, and so does what is refused', async () => {
    const [, second] = await read(bundle(...both, by('a', 'Patient/1'), by('b', 'Patient/1')));
    expect(await people(String(second!.raw))).toEqual([BOB]);
    const draft = consent('c', { reference: 'Patient/1' }, { status: 'draft' });
    const [refused] = await read(bundle(...both, at('https://b/Consent/c', draft)));
    expect(await people(String(refused!.raw).replace('draft', 'active'))).toEqual([BOB]);
    const [nobody] = await read(bundle(...both, plain(consent('c', { reference: 'Patient/1' }))));
    expect(await people(String(nobody!.raw))).toEqual([UNRESOLVED]);
  });
});

test('a UUID is the same in capitals, and no id is needed with one', async () => {
  const uuid = '0c5e6ad0-9e1f-4b6e-8f10-1d2b6d0e6f01';
  const who = at(`urn:uuid:${uuid.toUpperCase()}`, patient(undefined, ANN));
  const entry = plain(consent('c', { reference: `urn:uuid:${uuid}` }));
  expect(await people(bundle(who, at('https://b/Patient/1', patient('1', BOB)), entry))).toEqual([
    ANN,
  ]);
});

test('lines have no address: two people of one id are refused to those who refer to it, and to nobody else', async () => {
  const lines = [
    patient('1', ANN),
    consent('c', { reference: 'Patient/1' }),
    patient('1', BOB),
    patient('2', BOB),
    consent('d', { reference: 'Patient/2' }),
    consent('e', { identifier: { system: SYSTEM, value: ANN } }),
  ];
  expect(await people(lines.map((one) => JSON.stringify(one)).join('\n'), true)).toEqual([
    ...[UNRESOLVED, BOB, ANN],
  ]);
});

test('the same person twice is nobody else', async () => {
  const lines = [patient('1', ANN), consent('c', { reference: 'Patient/1' }), patient('1', ANN)];
  expect(await people(lines.map((one) => JSON.stringify(one)).join('\n'), true)).toEqual([ANN]);
});

test('what is contained is meant by its own entry alone', async () => {
  const own = (number: string) => ({ contained: [patient('1', number)] });
  const who = { reference: '#1' };
  const [first, second] = [consent('c', who, own(ANN)), consent('d', who, own(BOB))];
  expect(
    await people(
      bundle(plain(patient('1', BOB)), plain(first), plain(second), plain(consent('e', who))),
    ),
  ).toEqual([ANN, BOB, UNRESOLVED]);
  const two = consent('c', who, { contained: [patient('1', ANN), patient('1', BOB)] });
  expect(await people(bundle(plain(two)))).toEqual([UNRESOLVED]);
});

test('a patient who cannot be read is told with the path, and takes nobody else’s place', async () => {
  const broken = { resourceType: 'Patient', id: '1', identifier: [{ system: SYSTEM, value: 9 }] };
  const entry = plain(consent('c', { reference: 'Patient/1' }));
  expect(await people(bundle(plain(broken), entry))).toEqual([
    'MESH-2132 /patient/identifier/0/value',
  ]);
  expect(await people(bundle(plain(broken), plain(patient('1', ANN)), entry))).toEqual([
    UNRESOLVED,
  ]);
});

describe('in whatever mixture of servers and ids', () => {
  const SERVERS = ['https://a/fhir', 'https://b/fhir', 'urn:uuid:', null] as const;
  type Server = (typeof SERVERS)[number];
  const server = fc.constantFrom(...SERVERS);
  const id = fc.constantFrom('1', '2');
  const isServer = (one: Server): one is 'https://a/fhir' => one?.startsWith('https') ?? false;
  const uuidOf = (id: string) => `urn:uuid:0c5e6ad0-9e1f-4b6e-8f10-1d2b6d0e6f0${id}`;
  const addressOf = (kind: string, one: Server, id: string): string | undefined =>
    one === null ? undefined : isServer(one) ? `${one}/${kind}/${id}` : uuidOf(id);
  const who = fc.record({ server, id, person: fc.nat(3) });
  const reference = fc.oneof(
    fc.record({ by: fc.constant('relative' as const), id }),
    fc.record({
      by: fc.constant('absolute' as const),
      server: server.filter((one) => one !== null),
      id,
    }),
    fc.record({ by: fc.constant('identifier' as const), person: fc.nat(3) }),
    fc.record({ by: fc.constant('contained' as const), person: fc.nat(3) }),
  );
  type Who = typeof who extends fc.Arbitrary<infer T> ? T : never;
  type Reference = typeof reference extends fc.Arbitrary<infer T> ? T : never;
  const choice = fc.record({ server, reference });

  /** All that a reference may mean, by what FHIR says of it: numbers, each as often as a server has somebody of its own under it. */
  function meant(from: Server, reference: Reference, patients: readonly Who[]): string[] {
    const numbers = (found: readonly Who[]) => {
      const own = found.map((one) => [
        isServer(one.server) ? one.server : '',
        nhsNumber(one.person),
      ]);
      return [...new Set(own.map((one) => one.join(' ')))].map((one) => one.split(' ')[1]!);
    };
    if (reference.by === 'identifier' || reference.by === 'contained')
      return [nhsNumber(reference.person)];
    const called = patients.filter((one) => one.id === reference.id);
    if (reference.by === 'absolute')
      return numbers(called.filter((one) => one.server === reference.server));
    if (!isServer(from)) return numbers(called);
    const own = called.filter((one) => one.server === from);
    if (own.length > 0) return numbers(own);
    return called.some((one) => isServer(one.server)) ? [] : numbers(called);
  }

  function written(
    id: string,
    { server: from, reference }: { server: Server; reference: Reference },
  ): Entry {
    const own = isServer(from)
      ? `${from}/Consent/${id}`
      : from === null
        ? undefined
        : uuidOf(`a${id}`);
    const named = {
      relative: () => ({ reference: `Patient/${(reference as { id: string }).id}` }),
      absolute: () => {
        const { server: to, id: target } = reference as { server: Server; id: string };
        return { reference: addressOf('Patient', to, target) };
      },
      identifier: () => ({
        identifier: { system: SYSTEM, value: nhsNumber((reference as { person: number }).person) },
      }),
      contained: () => ({ reference: '#own' }),
    }[reference.by]();
    const contained =
      reference.by === 'contained'
        ? { contained: [patient('own', nhsNumber(reference.person))] }
        : {};
    return { ...(own && { fullUrl: own }), resource: consent(`c${id}`, named, contained) };
  }

  test('a choice lands on whom its reference names, or on nobody; read again alone it does the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(who, { maxLength: 6 }),
        fc.array(choice, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.nat(10),
        async (drawn, choices, asLines, shift) => {
          // An address is one resource's: whoever is drawn there is the first who was.
          const addressed = drawn.map((one) =>
            one.server === null
              ? one
              : drawn.find((other) => other.server === one.server && other.id === one.id)!,
          );
          const patients = asLines ? addressed.map((one) => ({ ...one, server: null })) : addressed;
          const entries = [
            ...patients.map((one) => {
              const fullUrl = addressOf('Patient', one.server, one.id);
              return {
                ...(fullUrl && { fullUrl }),
                resource: patient(one.id, nhsNumber(one.person)),
              };
            }),
            ...choices.map((one, n) => {
              const entry = written(String(n), one);
              return asLines ? { resource: entry.resource } : entry;
            }),
          ];
          const turn = shift % entries.length;
          const mixed = [...entries.slice(turn), ...entries.slice(0, turn)];
          const text = asLines
            ? mixed.map(({ resource }) => JSON.stringify(resource)).join('\n')
            : bundle(...mixed);
          const items = await read(text, asLines);
          expect(items).toHaveLength(choices.length);
          for (const item of items) {
            const one = choices[Number(item.sourceId!.slice('Consent/c'.length))]!;
            const named = meant(asLines ? null : one.server, one.reference, patients);
            const expected = named.length === 1 ? named[0] : UNRESOLVED;
            expect(whose(item)).toBe(expected);
            expect(await people(String(item.raw))).toEqual([expected]);
          }
        },
      ),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) },
    );
  });
});
