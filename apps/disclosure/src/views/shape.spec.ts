import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { deriveViewSchema, grantableFields, parseVersion, treatedFields } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { describe, expect, test } from 'vitest';

import { planView } from './plan.js';
import { SensitiveCodes } from './sensitive-codes.js';

const SCHEMAS = join(import.meta.dirname, '../../../../schemas');
const NOW = new Date('2026-11-25T12:00:00Z');
/** Days since 1970 of somebody's 54th birthday but one. */
const BORN = Date.parse('1972-06-01') / 86_400_000;

function versionOf(product: string): { contract: DataContract; schema: object } {
  const folder = join(SCHEMAS, product, 'v1');
  const names = readdirSync(folder).filter((name) => /\.(yaml|avsc)$/.test(name));
  const texts = names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  const { contract, schema } = parseVersion(Object.fromEntries(texts) as Record<string, string>);
  return { contract: contract!, schema: schema! };
}

type Planning = {
  key?: number;
  alter?: (contract: DataContract) => void;
  /** SNOMED CT codes that are left out. */
  snomed?: string[];
};

/** A view of fields of a product; the contract may be altered first. */
function planned(
  product: string,
  fields: string[],
  { key = 1, alter, snomed = [] }: Planning = {},
) {
  const { contract, schema } = versionOf(product);
  alter?.(contract);
  const derived = deriveViewSchema(schema, contract, 'abcdefgh', fields);
  const name = product.replace('/', '.');
  return planView({
    ...{ topic: `share.abcdefgh.${name}.v1`, product: name, major: 1, schemaId: 5 },
    ...{ schema: JSON.stringify(derived), contract, key: Buffer.alloc(32, key) },
    sensitive: new SensitiveCodes(snomed),
    registryUrl: 'http://registry',
  });
}

const treat = (contract: DataContract, path: string, treatment: 'pseudonymise' | 'month') =>
  Object.assign(
    contract.fields.find((field) => field.path === path)!,
    treatment === 'month' ? { treatment } : { treatment, freeText: false },
  );

describe('a record of a view', () => {
  test.each([
    'gp/medication-statement',
    'acute/inpatient-spell',
    'community/care-contact',
    'social-care/care-package',
  ])(
    'of %s has an age band and a district of somebody, and neither date nor postcode',
    (product) => {
      const { contract } = versionOf(product);
      const plan = planned(product, [...grantableFields(contract), ...treatedFields(contract)]);
      const shaped = plan.shape({ birthDate: BORN, postcode: 'LS29 9ZZ' }, NOW);
      expect([shaped['ageBand'], shaped['postcodeDistrict']]).toEqual(['50-54', 'LS29']);
      expect(Object.values(shaped)).not.toContain(BORN);
      expect(JSON.stringify(shaped)).not.toContain('9ZZ');
    },
  );

  test('has what is pseudonymised under the recipient’s key, each field apart', () => {
    const alter = (contract: DataContract) => {
      treat(contract, 'medicationStatementId', 'pseudonymise');
      treat(contract, 'localPatientId', 'pseudonymise');
    };
    const names = ['localPatientId', 'medicationStatementId'];
    const record = { medicationStatementId: 'SAME', localPatientId: 'SAME' };
    const shaped = [1, 2].map((key) =>
      planned('gp/medication-statement', names, { key, alter }).shape(record, NOW),
    );
    const pseudonyms = shaped.flatMap((one) => [
      one['localPatientIdPseudonym'],
      one['medicationStatementIdPseudonym'],
    ]);
    expect(new Set(pseudonyms).size).toBe(4);
    for (const one of pseudonyms) expect(one).toMatch(/^[a-z2-7]{26}$/);
    const again = planned('gp/medication-statement', names, { alter }).shape(record, NOW);
    expect(again['localPatientIdPseudonym']).toBe(pseudonyms[0]);
  });

  test('has months for days and times, inside lists too', () => {
    const alter = (contract: DataContract) => {
      treat(contract, 'admissionAt', 'month');
      treat(contract, 'procedures[].date', 'month');
    };
    const plan = planned('acute/inpatient-spell', ['admissionAt', 'procedures'], { alter });
    const admissionAt = Date.parse('2026-03-31T23:59:59Z');
    const record = { admissionAt, procedures: [{ code: 'W371', date: BORN }] };
    expect(plan.shape(record, NOW)).toEqual({
      changeType: undefined,
      admissionAtMonth: '2026-03',
      procedures: [{ code: 'W371', dateMonth: '1972-06' }],
    });
  });

  test('has no sensitive code: alone null, out of a list gone, and what stands beside it too', () => {
    const plan = planned('acute/inpatient-spell', [
      'primaryDiagnosis',
      'secondaryDiagnoses',
      'procedures',
    ]);
    const shaped = plan.shape(
      {
        primaryDiagnosis: 'B20X',
        secondaryDiagnoses: ['J189', 'Z21X', 'O049', 'I10X', 'A65X', 'A64X'],
        procedures: [
          { code: 'Q111', date: BORN },
          { code: 'W371', date: BORN },
        ],
      },
      NOW,
    );
    expect(shaped).toMatchObject({
      primaryDiagnosis: null,
      secondaryDiagnoses: ['J189', 'I10X', 'A65X'],
      procedures: [{ code: 'W371', date: BORN }],
    });
    expect(plan.shape({ primaryDiagnosis: 'J189' }, NOW)['primaryDiagnosis']).toBe('J189');
  });

  test('has no SNOMED CT code of the list that was given, nor its words; without a list all of them', () => {
    const fields = ['medicationCode', 'medicationDisplay', 'reasonCode'];
    const record = {
      ...{ medicationCode: '322236009', medicationDisplay: 'Paracetamol', reasonCode: '165816005' },
    };
    const product = 'gp/medication-statement';
    const shown = (snomed: string[]) => planned(product, fields, { snomed }).shape(record, NOW);
    expect(shown([])).toMatchObject(record);
    expect(shown(['165816005'])).toMatchObject({ ...record, reasonCode: null });
    expect(shown(['322236009'])).toMatchObject({
      ...{ medicationCode: null, medicationDisplay: null, reasonCode: '165816005' },
    });
    const contacts = planned('community/care-contact', ['activities'], { snomed: ['225358003'] });
    const activities = [
      { communityCareActivityType: '02', codedProcedureSnomed: '225358003' },
      { communityCareActivityType: '03', codedProcedureSnomed: '409073007' },
    ];
    expect(contacts.shape({ activities }, NOW)['activities']).toHaveLength(1);
  });

  test('cannot be planned where a code that is left out must be there', () => {
    const { contract, schema } = versionOf('gp/medication-statement');
    const derived = deriveViewSchema(schema, contract, 'abcdefgh', ['reasonCode']) as {
      fields: { name: string; type: unknown }[];
    };
    derived.fields.find(({ name }) => name === 'reasonCode')!.type = 'string';
    const given = { topic: 't', product: 'gp.medication-statement', major: 1, schemaId: 5 };
    const rest = {
      ...{ ...given, schema: JSON.stringify(derived), contract, key: Buffer.alloc(32, 1) },
      registryUrl: 'http://registry',
    };
    expect(() => planView({ ...rest, sensitive: new SensitiveCodes(['165816005']) })).toThrow(
      expect.objectContaining({ code: 'MESH-4101', detail: 'reasonCode' }) as Error,
    );
  });

  test('of an older version, without the fields that are treated, is written with their defaults', () => {
    const plan = planned('acute/inpatient-spell', ['primaryDiagnosis', 'procedures', 'birthDate']);
    const own = { person: 'p', recordId: 'r', recordedAt: NOW.getTime(), survivorKey: null };
    const shaped = plan.shape({ changeType: 'CREATED' }, NOW);
    expect(plan.decode(plan.encode({ ...shaped, ...own }))).toMatchObject({
      ...{ ...own, changeType: 'CREATED' },
      ...{ primaryDiagnosis: null, procedures: [], ageBand: null },
    });
  });

  test('that is generalised has no other type: a schema nobody derived is refused', () => {
    const { contract, schema } = versionOf('gp/medication-statement');
    const derived = deriveViewSchema(schema, contract, 'abcdefgh', ['birthDate']) as {
      fields: { name: string; type: unknown }[];
    };
    derived.fields.find(({ name }) => name === 'ageBand')!.type = ['null', 'int'];
    const place = { topic: 't', registryUrl: 'http://registry' };
    const given = { ...place, product: 'gp.medication-statement', major: 1, schemaId: 5 };
    const key = Buffer.alloc(32, 1);
    expect(() => planView({ ...given, schema: JSON.stringify(derived), contract, key })).toThrow(
      expect.objectContaining({ code: 'MESH-4101', detail: 'birthDate' }) as Error,
    );
  });
});
