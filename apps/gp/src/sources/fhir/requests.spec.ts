import { Faulty, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

/** What an entry asks for, or answers, and the resource in it. */
const ANN = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9434765919' };
const statement = (more: object = {}) => ({
  ...{ resourceType: 'MedicationStatement', id: 'r7', status: 'active' },
  ...{ medicationCodeableConcept: { text: 'Aspirin' }, subject: { identifier: ANN }, ...more },
});
const patient = {
  ...{ resourceType: 'Patient', id: 'p', identifier: [ANN] },
  name: [{ family: 'Okonkwo' }],
};
const asked = (method: string, resource: object) => ({
  ...{ fullUrl: 'https://a/fhir/MedicationStatement/r7', resource },
  request: { method, url: 'MedicationStatement/r7?identifier=9434765919' },
});
const answered = (status: unknown, resource: object) => ({ resource, response: { status } });
const bundle = (...entry: object[]) =>
  JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });

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

function toldOf(item: SourceItem<MedicineEntry>): string {
  const told = item.outcome ?? 'read';
  const result = item.outcome ? new Faulty([...item.errors]) : toMedicationStatement(item.record);
  const said =
    result instanceof Faulty
      ? result.faults.map(({ code, path }) => `${code} ${path}`).join()
      : result.map(({ change }) => change).join();
  return `${item.sourceId} ${told} ${said}`;
}
const told = async (...entry: object[]) => (await itemsOf(bundle(...entry))).map(toldOf);

const NOT_READ = 'quarantined MESH-2132 /request/method';

describe('a resource that is to be deleted, or to be read, is none that is stated', () => {
  it.each(['DELETE', 'GET', 'HEAD'])('%s', async (method) => {
    const one = asked(method, statement());
    expect(await told(one, asked('PUT', statement({ id: 'r8' })))).toEqual([
      `MedicationStatement/r7 ${NOT_READ}`,
      'MedicationStatement/r8 read upsert',
    ]);
    // What is landed of it is refused for the same, and says nothing of where it was to be sent.
    const [item] = await itemsOf(bundle(one));
    const raw = String(item!.raw);
    expect((await itemsOf(raw)).map(toldOf)).toEqual([toldOf(item!)]);
    expect(JSON.parse(raw)).toMatchObject({ entry: [{ resource: statement() }] });
    expect(raw).not.toContain('?identifier');
  });

  it('entered in error or not', async () => {
    const one = asked('DELETE', statement({ status: 'entered-in-error' }));
    expect(await told(one)).toEqual([`MedicationStatement/r7 ${NOT_READ}`]);
  });

  it('of another kind: no more than which it is', async () => {
    const one = statement({ subject: { reference: 'Patient/p' } });
    const both = [asked('DELETE', patient), { resource: one }];
    expect(await told(...both)).toEqual([
      `Patient/p ${NOT_READ}`,
      'MedicationStatement/r7 read MESH-2134 /subject/reference',
    ]);
    const [item] = await itemsOf(bundle(...both));
    const raw = String(item!.raw);
    expect(raw).not.toContain('Okonkwo');
    expect((await itemsOf(raw)).map(toldOf)).toEqual([`Patient/p ${NOT_READ}`]);
    const unknown = { resourceType: '9434765919', id: 'x' };
    expect(await told(asked('DELETE', unknown))).toEqual([`null ${NOT_READ}`]);
  });

  it('a Bundle too, with all that stands in it', async () => {
    const inner = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: statement() }],
    };
    expect(await told(asked('DELETE', inner))).toEqual([`Bundle (no. 1) ${NOT_READ}`]);
  });

  it('but the answer to a request to read is what was read', async () => {
    const one = { ...asked('GET', statement()), response: { status: '200 OK' } };
    expect(await told(one)).toEqual(['MedicationStatement/r7 read upsert']);
    expect(await told(asked('POST', statement()))).toEqual(['MedicationStatement/r7 read upsert']);
  });
});

describe('the answer to a request that failed brings no resource', () => {
  it.each(['404', '409 Conflict', '500', 422])('%s', async (status) => {
    const outcome = { resourceType: 'OperationOutcome', id: 'o' };
    const inner = { resourceType: 'Bundle', entry: [{ resource: statement() }] };
    const failed = [statement(), outcome, inner].map((one) => answered(status, one));
    expect(await told(...failed, answered('201 Created', statement()))).toEqual([
      ...failed.map(() => 'null notUsed MESH-2141 /response'),
      'MedicationStatement/r7 read upsert',
    ]);
  });

  it('of a deletion neither', async () => {
    const one = { ...asked('DELETE', statement()), response: { status: '404' } };
    expect(await told(one)).toEqual([`MedicationStatement/r7 ${NOT_READ}`]);
  });
});
