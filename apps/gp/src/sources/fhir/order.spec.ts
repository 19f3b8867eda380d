import { Faulty, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const ANN = '9434765919';
const BOB = '9000000009';

const patient = (number: string, more: object = {}): object => ({
  ...{ resourceType: 'Patient', id: '1', identifier: [{ system: NHS, value: number }] },
  ...more,
});
const statement = (id: string, reference = 'Patient/1'): object => ({
  ...{ resourceType: 'MedicationStatement', id, status: 'active', subject: { reference } },
  medicationCodeableConcept: { text: 'Aspirin' },
});
const bundle = (...resources: object[]): object => ({
  ...{ resourceType: 'Bundle', type: 'collection' },
  entry: resources.map((resource) => ({ resource })),
});

async function* reading(text: Iterable<string>, lines: boolean) {
  const body = (async function* () {
    for (const piece of text) yield Buffer.from(piece);
  })();
  const contentType = lines ? 'application/fhir+ndjson' : 'application/fhir+json';
  yield* fhir.read({ contentType, body, environment: 'test' });
}

/** Of each item what it is called, with the person it is taken to be about or its faults. */
function toldOf(item: SourceItem<MedicineEntry>): string {
  const faults = (all: readonly { code: string; path: string }[]) =>
    all.map(({ code, path }) => `${code} ${path}`).join();
  if (item.outcome) return `${item.sourceId} ${faults(item.errors)}`;
  const result = toMedicationStatement(item.record);
  if (result instanceof Faulty) return `${item.sourceId} ${faults(result.faults)}`;
  const [change] = result as { person: { nhsNumber: string } }[];
  return `${item.sourceId} ${change!.person.nhsNumber}`;
}
async function told(text: Iterable<string>, lines: boolean): Promise<string[]> {
  const all: string[] = [];
  for await (const item of reading(text, lines)) all.push(toldOf(item));
  return all;
}
const ofLines = (...resources: object[]): Promise<string[]> =>
  told([resources.map((one) => JSON.stringify(one)).join('\n')], true);

const REFUSED = 'MedicationStatement/s MESH-2134 /subject/reference';
const LEFT_OUT = 'Patient MESH-2141 /resourceType';
const [ann, bob, one] = [patient(ANN), patient(BOB), statement('s')];
const orders = [
  ['statement last', [ann, bob, one]],
  ['statement between', [ann, one, bob]],
  ['statement first', [one, ann, bob]],
] as const;

describe('whose a statement is does not depend on the order of the file', () => {
  it.each(orders)('of lines, %s', async (_, resources) => {
    expect(await ofLines(...resources)).toEqual([REFUSED, LEFT_OUT, LEFT_OUT]);
  });

  it.each(orders)('of one Bundle, %s', async (_, resources) => {
    const text = JSON.stringify(bundle(...resources));
    expect(await told([text], false)).toEqual([REFUSED, LEFT_OUT, LEFT_OUT]);
  });

  it.each(orders)('of one Bundle too large to hold, %s', async (_, resources) => {
    const padding = Array.from({ length: 9 }, () => ({
      ...{ resourceType: 'Observation', note: 'x'.repeat(1_000_000) },
    }));
    const text = JSON.stringify(bundle(...padding, ...resources));
    const all = await told(text.match(/[^]{1,1000000}/g)!, false);
    expect(all.slice(padding.length)).toEqual([REFUSED, LEFT_OUT, LEFT_OUT]);
  });

  it.each(orders)('of a Bundle on each line, which is meant alone, %s', async (_, resources) => {
    const bundles = resources.map((resource) => bundle(resource));
    expect(await ofLines(...bundles)).toEqual([REFUSED, LEFT_OUT, LEFT_OUT]);
  });

  it('a patient marked as restricted says so also where nobody can be told by their name', async () => {
    const marked = patient(ANN, { meta: { security: [{ code: 'R' }] } });
    const restricted: unknown[] = [];
    const text = [marked, one, bob].map((resource) => JSON.stringify(resource)).join('\n');
    for await (const item of reading([text], true)) restricted.push(item.restriction?.restricted);
    expect(restricted).toEqual([undefined, true, undefined]);
  });
});

describe('a name without a server does not leave its Bundle', () => {
  it.each([
    ['from one Bundle to another', [bundle(ann), bundle(one)]],
    ['from a Bundle to a line', [ann, bundle(one)]],
    ['from a line to a Bundle', [bundle(ann), one]],
  ])('%s', async (_, resources) => {
    expect(await ofLines(...resources)).toEqual([REFUSED, LEFT_OUT]);
  });

  it('and each Bundle of a file is given out when it is complete', async () => {
    let fed = 0;
    const lines = (function* () {
      for (const [number, who] of [ann, bob].entries()) {
        fed++;
        yield `${JSON.stringify(bundle(statement(`s${number}`), who))}\n`;
      }
    })();
    const all: string[] = [];
    for await (const item of reading(lines, true)) all.push(`${fed} ${toldOf(item)}`);
    expect(all).toEqual([`1 MedicationStatement/s0 ${ANN}`, `2 MedicationStatement/s1 ${BOB}`]);
  });

  it('but an address does', async () => {
    const at = (fullUrl: string, resource: object) => ({
      ...{ resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl, resource }] },
    });
    const all = await ofLines(
      at('https://a/fhir/MedicationStatement/s', one),
      at('https://a/fhir/Patient/1', ann),
    );
    expect(all).toEqual([`MedicationStatement/s ${ANN}`]);
  });
});

describe('a file of more statements than may wait', () => {
  const COUNT = 10_500;
  const many = function* (last: object) {
    yield `${JSON.stringify(ann)}\n`;
    for (let number = 0; number < COUNT; number++)
      yield `${JSON.stringify(statement(`s${number}`))}\n`;
    yield JSON.stringify(last);
  };

  it('says so of the second patient of a name, who comes when some were given out', async () => {
    const all = await told(many(bob), true);
    const given = all.filter((text) => text.endsWith(ANN)).length;
    expect(given).toBeGreaterThanOrEqual(COUNT - 10_000);
    expect(all.slice(given, COUNT)).toEqual(
      Array.from(
        { length: COUNT - given },
        (_, at) => `MedicationStatement/s${given + at} MESH-2134 /subject/reference`,
      ),
    );
    expect(all.slice(COUNT)).toEqual(['Patient MESH-2640 /id']);
  });

  it('and nothing of the same person again', async () => {
    const all = await told(many(patient(ANN, { gender: 'female' })), true);
    expect(all).toHaveLength(COUNT);
    expect(all.every((text) => text.endsWith(ANN))).toBe(true);
  });

  it('nor may the waiting have more than 32 MiB of text', async () => {
    let fed = 0;
    const lines = (function* () {
      yield `${JSON.stringify(ann)}\n`;
      for (; fed < 10; fed++)
        yield `${JSON.stringify({ ...statement(`s${fed}`), note: 'x'.repeat(4_000_000) })}\n`;
    })();
    let first: number | undefined;
    for await (const _ of reading(lines, true)) first ??= fed;
    expect(first).toBe(8);
  });
});
