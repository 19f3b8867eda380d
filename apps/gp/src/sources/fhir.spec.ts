import fc from 'fast-check';
import { IntakeRefused, type Fault, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import type { MedicineEntry } from './fhir/medicine-entry.js';
import { fhir } from './fhir.js';

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const statement = (id: number, subject: object = { reference: 'Patient/p' }): object => ({
  resourceType: 'MedicationStatement',
  id: `s-${id}`,
  status: 'active',
  medicationCodeableConcept: { text: 'Aspirin', coding: [{ display: 'x'.repeat(1500) }] },
  subject,
});
const patient = {
  resourceType: 'Patient',
  id: 'p',
  identifier: [{ system: NHS, value: '9434765919' }],
};

const byNumber = { identifier: { system: NHS, value: '9434765919' } };

async function* pieces(parts: Iterable<string | Buffer>): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part as string);
}
const reading = (
  body: AsyncIterable<Buffer>,
  lines = false,
): AsyncIterable<SourceItem<MedicineEntry>> =>
  fhir.read({
    contentType: lines ? 'application/fhir+ndjson' : 'application/fhir+json',
    body,
    environment: 'test',
  });
async function idsOf(items: AsyncIterable<SourceItem<MedicineEntry>>): Promise<string[]> {
  const found: string[] = [];
  for await (const item of items)
    found.push(
      `${item.sourceId}${item.outcome ? ` ${item.errors.map((one) => one.code).join()}` : ''}`,
    );
  return found;
}

async function faultsOf(items: AsyncIterable<SourceItem<MedicineEntry>>): Promise<Fault[]> {
  const found: Fault[] = [];
  for await (const item of items) if (item.outcome) found.push(...item.errors);
  return found;
}

/** A Bundle of so many statements, their patient last, made as it is read. */
function* bundle(count: number, tail = ']}'): Generator<string> {
  yield '{"resourceType":"Bundle","type":"collection","entry":[';
  for (let i = 0; i < count; i++) yield `${JSON.stringify({ resource: statement(i) })},`;
  yield `${JSON.stringify({ resource: patient })}${tail}`;
}

describe('a resource is called by its id, unless that tells who it is about', () => {
  it.each([
    ['s-1', 'MedicationStatement/s-1'],
    ['943-476-5919', 'MedicationStatement (no. 2)'],
    ['9434765910', 'MedicationStatement (no. 2)'],
    ['H22789-1', 'MedicationStatement (no. 2)'],
    [undefined, 'MedicationStatement (no. 2)'],
  ])('%s', async (id, called) => {
    const of = (one: string | undefined) => ({ ...statement(0), id: one });
    const named = { identifier: { ...byNumber.identifier, value: 'h22789' } };
    const lines = [of('other'), { ...of(id), subject: named }].map((one) => JSON.stringify(one));
    const items = await idsOf(reading(pieces([lines.join('\n')]), true));
    expect(items[1]).toBe(called);
  });
});

describe('a Bundle too large to hold is read entry by entry', () => {
  const COUNT = 6000;

  it('to the same items in the same order as one read at once', async () => {
    const large = await idsOf(reading(pieces(bundle(COUNT))));
    expect(large.length).toBe(COUNT);
    expect(large.slice(0, 100)).toEqual(await idsOf(reading(pieces(bundle(100)))));
    expect(large.at(-1)).toBe(`MedicationStatement/s-${COUNT - 1}`);
  });

  it('and what stood before a break is kept, the break told once', async () => {
    const broken = await idsOf(reading(pieces(bundle(COUNT, ',oops'))));
    expect(broken.length).toBe(COUNT + 1);
    expect(broken.at(-1)).toBe('null MESH-2101');
    const cut = await idsOf(reading(pieces(bundle(COUNT, ''))));
    expect(cut.at(-1)).toBe('null MESH-2101');
  });

  it('a broken, a bottomless and an overlong entry harm no other, whatever stands first', async () => {
    const good = (id: number): string => JSON.stringify({ resource: statement(id, byNumber) });
    const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    const forbidden = '{"resource":{"resourceType":"MedicationStatement","__proto__":{}}}';
    const entries = [good(1), '{"resource":}', good(2), deep, good(3), forbidden, good(4)];
    const long = `{"resource":{"resourceType":"Binary","data":"\\"],[${'A'.repeat(9_000_000)}"}}`;
    const text = `{"entry" : [${[...entries, long, good(5)].join(' ,\n')} ],"resourceType":"Bundle"}`;
    expect(await idsOf(reading(pieces(text.match(/[^]{1,65536}/g)!)))).toEqual([
      'MedicationStatement/s-1',
      'null MESH-2101',
      'MedicationStatement/s-2',
      'null MESH-2107',
      'MedicationStatement/s-3',
      'MedicationStatement (no. 6) MESH-2109',
      'MedicationStatement/s-4',
      'null MESH-2108',
      'MedicationStatement/s-5',
    ]);
  });

  it.each([
    ['brackets without end', '['.repeat(9_000_000), 'MESH-2108'],
    ['objects without end', '{"a":'.repeat(2_000_000), 'MESH-2108'],
    ['entries without end', `{"entry":[${'['.repeat(9_000_000)}`, ['null MESH-2108']],
    ['a List', `{"resourceType":"List","entry":[${'{},'.repeat(3_000_000)}{}]}`, 'MESH-2108'],
  ])('%s are refused without being parsed', async (_, text, code) => {
    const told = await idsOf(reading(pieces(text.match(/[^]{1,65536}/g)!))).catch(
      (error: unknown) => (error as IntakeRefused).fault.code,
    );
    expect(told).toEqual(code);
  });

  it('but one resource of that size is too large', async () => {
    const huge = ['{"resourceType":"Binary","data":"', 'A'.repeat(9_000_000), '"}'];
    const error = await idsOf(reading(pieces(huge))).catch((one: unknown) => one);
    expect((error as IntakeRefused).fault.code).toBe('MESH-2108');
  });
});

describe('JSON that is none', () => {
  const told = async (text: string, lines = false) =>
    faultsOf(reading(pieces([text]), lines)).catch((error: unknown) => [
      (error as IntakeRefused).fault,
    ]);

  it('is refused with line and column, and with none of its text', async () => {
    const [fault] = await told('{\n  "resourceType": "Bundle",\n  "id": Smith\n}');
    expect(fault).toMatchObject({
      code: 'MESH-2101',
      path: '',
      message: 'The text is not valid JSON: line 3, column 9',
    });
    expect(JSON.stringify(fault)).not.toContain('Smith');
    const [cut] = await told('{"resourceType": "Bundle",\n"entry": [');
    expect(cut?.message).toMatch(/: it ends too early, line 2, column 11$/);
  });

  it('in a file of lines is named by its line, with the column', async () => {
    const good = JSON.stringify(statement(1, byNumber));
    const [fault] = await told([good, '{"resourceType": Smith}', good].join('\n'), true);
    expect(fault).toMatchObject({
      code: 'MESH-2101',
      path: 'line 2',
      message: 'The text is not valid JSON: column 18',
    });
  });
});

describe('a file of lines', () => {
  const text = [patient, statement(1), statement(2)].map((one) => JSON.stringify(one)).join('\n');

  it('reads the same however it is cut, with either line end', async () => {
    const bytes = Buffer.from(text.replaceAll('\n', '\r\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const parts = edges.slice(1).map((edge, i) => Buffer.from(bytes.subarray(edges[i], edge)));
        expect(await idsOf(reading(pieces(parts), true))).toEqual([
          'MedicationStatement/s-1',
          'MedicationStatement/s-2',
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it('holds a bounded number of statements whose patient never comes', async () => {
    const lines = (function* () {
      for (let i = 0; i < 10_500; i++)
        yield `${JSON.stringify({ ...statement(i), medicationCodeableConcept: { text: 'x' } })}\n`;
    })();
    let given = 0;
    let fed = 0;
    const counted = (async function* () {
      for (const line of lines) {
        fed++;
        yield Buffer.from(line);
      }
    })();
    for await (const _ of reading(counted, true)) if (fed < 10_500) given++;
    expect(given).toBeGreaterThan(400);
  });

  it('two states of one resource never change places', async () => {
    const early = JSON.stringify(statement(1));
    const late = JSON.stringify({
      ...statement(1, { identifier: { system: NHS, value: '9434765919' } }),
      status: 'stopped',
    });
    const states: unknown[] = [];
    for await (const item of reading(
      pieces([early, '\n', late, '\n', JSON.stringify(patient)]),
      true,
    ))
      states.push(item.outcome === undefined && item.record.medicine.status);
    expect(states).toEqual(['active', 'stopped']);
  });

  it('is refused as a whole only if no line can be read', async () => {
    const bad = '\ufeff{}\n<xml/>\n{"a":';
    const refusal = (text: string): Promise<unknown> =>
      idsOf(reading(pieces([text]), true)).catch(
        (error: unknown) => (error as IntakeRefused).fault.code,
      );
    expect(await refusal(bad)).toBe('MESH-2105');
    expect(await refusal('\n \r\n')).toBe('MESH-2003');
    expect(await refusal(`${bad}\n${text}`)).toEqual([
      'null MESH-2105',
      'null MESH-2102',
      'null MESH-2101',
      'MedicationStatement/s-1',
      'MedicationStatement/s-2',
    ]);
  });

  it('one line too long harms no other', async () => {
    const long = `{"resourceType":"Binary","data":"${'A'.repeat(9_000_000)}"}`;
    expect(
      await idsOf(reading(pieces([text, '\n', long, '\n', JSON.stringify(statement(3))]), true)),
    ).toEqual([
      'MedicationStatement/s-1',
      'MedicationStatement/s-2',
      'null MESH-2108',
      'MedicationStatement/s-3',
    ]);
  });
});

describe('whatever comes', () => {
  it('is items or a refusal, never another error', async () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(json)),
      fc
        .record({
          subject: fc.jsonValue(),
          status: fc.jsonValue(),
          contained: fc.jsonValue(),
          dosage: fc.jsonValue(),
        })
        .map((some) => Buffer.from(JSON.stringify({ ...statement(1), ...some }))),
    );
    await fc.assert(
      fc.asyncProperty(anything, fc.boolean(), async (bytes, lines) => {
        const result = await idsOf(reading(pieces([bytes]), lines)).catch(
          (error: unknown) => error,
        );
        expect(Array.isArray(result) || result instanceof IntakeRefused).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('a content type or charset of another kind is refused', async () => {
    const input = { body: pieces(['{}']), environment: 'test' } as const;
    const refusal = (contentType: string, charset?: string): Promise<unknown> =>
      idsOf(fhir.read({ ...input, contentType, charset })).catch(
        (error: unknown) => (error as IntakeRefused).fault?.code,
      );
    expect(await refusal('application/fhir+json; fhirVersion=3.0')).toBe('MESH-2135');
    expect(await refusal('application/fhir+json; fhirVersion=4.0', 'utf-16')).toBe('MESH-2106');
  });
});

describe("a person's choice that comes with records", () => {
  const SNOMED = 'http://snomed.info/sct';
  const entry = (coding: object): object => ({
    ...{ resourceType: 'Observation', id: 'o', status: 'final', code: { coding: [coding] } },
    ...{ subject: byNumber, effectiveDateTime: '2026-03-01' },
  });
  const consent = (purpose: string): object => ({
    ...{ resourceType: 'Consent', id: 'c', status: 'active', patient: byNumber },
    provision: {
      type: 'deny',
      purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: purpose }],
    },
  });
  const answerTo = async (resource: object): Promise<string[]> => {
    const text = [statement(1, byNumber), resource].map((one) => JSON.stringify(one)).join('\n');
    const found: string[] = [];
    for await (const { sourceId, outcome, ...item } of reading(pieces([text]), true)) {
      const faults = 'errors' in item ? item.errors : [];
      found.push(
        [sourceId, outcome, ...faults.flatMap(({ code, path }) => [code, path])].join(' '),
      );
    }
    return found;
  };

  it.each([
    [entry({ system: SNOMED, code: '827241000000103' }), '/code'],
    [entry({ system: SNOMED, code: '827261000000102' }), '/code'],
    [entry({ system: 'http://read.info/readv2', code: '9Nu0' }), '/code'],
    [entry({ system: 'urn:oid:2.16.840.1.113883.2.1.6.2', code: '9Nu0.00' }), '/code'],
    [{ ...entry({ system: SNOMED, code: '827241000000103' }), status: undefined }, '/code'],
    [consent('TREAT'), '/provision'],
  ])('is told of, with where to send it (%#)', async (resource, path) => {
    const { resourceType } = resource as { resourceType: string };
    expect(await answerTo(resource)).toEqual([
      'MedicationStatement/s-1 ',
      `${resourceType} (no. 2) quarantined MESH-2616 ${path}`,
    ]);
  });

  it.each([entry({ system: SNOMED, code: '881561000000100' }), consent('HRESCH')])(
    'what states none is left out as before (%#)',
    async (resource) => {
      const { resourceType } = resource as { resourceType: string };
      expect((await answerTo(resource))[1]).toBe(`${resourceType} notUsed MESH-2141 /resourceType`);
    },
  );
});

describe('a Bundle within a Bundle', () => {
  const MORE = { identifier: { system: NHS, value: '9000000009' } };
  const message = (...entries: object[]) => ({
    ...{ resourceType: 'Bundle', type: 'message' },
    entry: entries.map((resource) => ({ resource })),
  });
  const text = (...entries: object[]) =>
    JSON.stringify({ ...message(...entries), type: 'searchset' });
  const peopleOf = async (body: string) => {
    const found: [string | null, unknown][] = [];
    for await (const item of reading(pieces([body])))
      found.push([
        item.sourceId,
        item.outcome ? item.errors[0]!.code : item.record.patient?.identifier?.[0]?.value,
      ]);
    return found;
  };

  it('is read like one of its own: a name means what stands in the same one', async () => {
    const other = { ...patient, identifier: [{ system: NHS, value: '9000000009' }] };
    const found = await peopleOf(
      text(message(patient, statement(1)), message(statement(2), other), statement(3, MORE)),
    );
    expect(new Map(found)).toEqual(
      new Map([
        ['MedicationStatement/s-1', '9434765919'],
        ['MedicationStatement/s-2', '9000000009'],
        ['MedicationStatement/s-3', undefined],
      ]),
    );
    expect(found).toHaveLength(3);
  });

  it('each of its resources has a place of its own, also in a history, which is heard from its oldest on', async () => {
    const history = {
      ...message(statement(1, MORE), message(statement(2, MORE), statement(3, MORE))),
      type: 'history',
    };
    const places: [number, string | null][] = [];
    for await (const item of reading(pieces([JSON.stringify(history)])))
      places.push([item.index, item.sourceId]);
    expect(places).toEqual([
      [0, 'MedicationStatement/s-2'],
      [1, 'MedicationStatement/s-3'],
      [2, 'MedicationStatement/s-1'],
    ]);
  });

  it('is read also where the outer one is cut into its entries', async () => {
    // A name twice has each entry read on its own.
    const twice = text(message(patient, statement(1)), { resourceType: 'Basic', id: 'b' }).replace(
      '"id":"b"',
      '"id":"b","id":"c"',
    );
    expect(await peopleOf(twice)).toEqual([
      ['MedicationStatement/s-1', '9434765919'],
      [null, 'MESH-2641'],
    ]);
  });

  it('is refused where there is no end of them, and its neighbours are read', async () => {
    const deep = Array.from({ length: 9 }).reduce<object>(
      (inner) => message(inner),
      statement(1, MORE),
    );
    expect(await peopleOf(text(deep, statement(2, MORE)))).toEqual([
      [null, 'MESH-2107'],
      ['MedicationStatement/s-2', undefined],
    ]);
  });
});
