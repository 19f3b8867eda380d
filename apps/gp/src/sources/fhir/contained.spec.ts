import { Faulty, type SourceItem, type Upsert } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import type { MedicationStatement } from '../../products/medication-statement/record.gen.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

/** What a patient or a role contains: a `#` reference means what stands in its own container. */
const NHS = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9434765919' };
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const RECORDS = 'https://surgery.example/records';
const organization = (ods: string, id = 'o', more: object = {}) => ({
  ...{ resourceType: 'Organization', id, name: 'The Surgery', ...more },
  identifier: [{ system: ODS, value: ods }],
});
const role = (more: object = {}, id = 'r') => ({
  ...{ resourceType: 'PractitionerRole', id, organization: { reference: '#o' }, ...more },
});
const patient = (more: object = {}) => ({
  ...{ resourceType: 'Patient', id: 'p', identifier: [NHS], ...more },
});
const request = (more: object = {}) => ({
  ...{ resourceType: 'MedicationRequest', id: 'm', status: 'active', intent: 'order' },
  ...{ medicationCodeableConcept: { text: 'Aspirin' }, subject: { reference: 'Patient/p' } },
  ...more,
});
const bundle = (...resources: object[]) =>
  JSON.stringify({
    ...{ resourceType: 'Bundle', type: 'collection' },
    entry: resources.map((resource) => ({ resource })),
  });

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

/** Who publishes, whose number, practice and prescriber; or the faults. */
function toldOf(item: SourceItem<MedicineEntry>): string {
  const result = item.outcome ? new Faulty([...item.errors]) : toMedicationStatement(item.record);
  if (result instanceof Faulty)
    return result.faults.map(({ code, path }) => `${code} ${path}`).join();
  const [{ person, publisherOds, content }] = result as [Upsert<MedicationStatement>];
  const { gpPracticeOds, prescribingOds } = content;
  const who = person.nhsNumber ?? `${person.local?.issuer} ${person.local?.id}`;
  return [publisherOds, who, gpPracticeOds, prescribingOds].join(', ');
}

/** What is told of the medicine, and that the same is told of it again from what was landed. */
async function told(...resources: object[]): Promise<string> {
  const items = await itemsOf(bundle(...resources));
  const item = items.find(({ outcome }) => outcome !== 'notUsed')!;
  const raw = String(item.raw);
  const [again] = await itemsOf(raw);
  expect(toldOf(again!)).toBe(toldOf(item));
  expect(raw).not.toMatch(/The Surgery|Okonkwo/);
  return toldOf(item);
}

describe('what a patient contains', () => {
  const o = { reference: '#o' };
  const own = { contained: [organization('B81016')] };

  it('is their practice and their keeper', async () => {
    const practice = patient({ ...own, generalPractitioner: [o] });
    expect(await told(request(), practice)).toBe('B81016, 9434765919, B81016, ');
    expect(await told(practice, request())).toBe('B81016, 9434765919, B81016, ');
    const keeper = patient({ ...own, managingOrganization: o });
    expect(await told(request(), keeper)).toBe('B81016, 9434765919, , ');
  });

  it('is who issued their identifier', async () => {
    const local = { system: RECORDS, value: 'R-4471', assigner: o };
    const of = patient({ ...own, identifier: [local] });
    expect(await told(request(), of)).toBe('A20047, B81016 R-4471, , ');
  });

  it('is the role of their practitioner, with its organisation there or in an entry', async () => {
    const by = { generalPractitioner: [{ reference: '#r' }] };
    const there = patient({ ...by, contained: [role(), organization('B81016')] });
    expect(await told(request(), there)).toBe('B81016, 9434765919, B81016, ');
    const elsewhere = role({ organization: { reference: 'Organization/e' } });
    expect(
      await told(
        request(),
        patient({ ...by, contained: [elsewhere] }),
        organization('B82007', 'e'),
      ),
    ).toBe('B82007, 9434765919, B82007, ');
  });

  it('is not what the medicine contains under the same name', async () => {
    const of = patient({ ...own, generalPractitioner: [o] });
    const other = organization('B82007', 'o', { name: undefined });
    const one = request({ contained: [other], requester: o });
    expect(await told(one, of)).toBe('B81016, 9434765919, B81016, B82007');
    const none = patient({ generalPractitioner: [o] });
    expect(await told(one, none)).toBe('A20047, 9434765919, , B82007');
  });

  it('is nothing of two with one name, or of one that is not understood', async () => {
    const twice = [organization('B81016'), organization('B82007')];
    const modified = organization('B81016', 'o', { modifierExtension: [{ url: 'x' }] });
    const other = { resourceType: 'RelatedPerson', id: 'o', name: [{ family: 'Okonkwo' }] };
    for (const contained of [twice, [modified], [modified, twice[1]], [other], [null, 7, {}]])
      expect(await told(request(), patient({ contained, generalPractitioner: [o] }))).toBe(
        'A20047, 9434765919, , ',
      );
  });

  it('contains nothing itself', async () => {
    const nested = role({ contained: [organization('B81016')] });
    const of = patient({ contained: [nested], generalPractitioner: [{ reference: '#r' }] });
    expect(await told(request(), of)).toBe('A20047, 9434765919, , ');
  });

  it('is not without end', async () => {
    const contained = Array.from({ length: 2_001 }, () => ({}));
    const [item] = await itemsOf(bundle(request(), patient({ contained })));
    expect(toldOf(item!)).toBe('MESH-2132 /subject/contained');
  });

  it('tells who somebody is who came alone, and no more is landed of it', async () => {
    const security = [{ code: 'R' }];
    const identifier = [{ system: RECORDS, value: 'R-4471', assigner: o }];
    const contained = [organization('B81016'), organization('B82007', 'q')];
    const of = patient({ meta: { security }, contained, identifier });
    const [item] = await itemsOf(bundle({ ...of, generalPractitioner: [{ reference: '#q' }] }));
    expect(item!.restriction!.person.local).toEqual({ issuer: 'B81016', id: 'R-4471' });
    const [again] = await itemsOf(String(item!.raw));
    expect(again!.restriction).toEqual(item!.restriction);
    expect(item!.raw).not.toMatch(/The Surgery|B82007/);
  });
});

it('what a role contains is who prescribed', async () => {
  const by = { requester: { reference: 'PractitionerRole/r' } };
  const of = role({ contained: [organization('B81016')] });
  expect(await told(request(by), of, patient())).toBe('A20047, 9434765919, , B81016');
  expect(await told(of, patient(), request(by))).toBe('A20047, 9434765919, , B81016');
});

it('of two roles of one name that contain different organisations neither is who prescribed', async () => {
  const by = { requester: { reference: 'PractitionerRole/r' } };
  const [one, other] = ['B81016', 'B82007'].map((ods) => role({ contained: [organization(ods)] }));
  expect(await told(patient(), request(by), one!, other!)).toBe('A20047, 9434765919, , ');
});
