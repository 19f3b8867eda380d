import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { deriveViewSchema, parseVersion } from '@caremesh/contract';
import { describe, expect, test } from 'vitest';

import { planView } from './plan.js';
import { SensitiveCodes } from './sensitive-codes.js';

const FOLDER = join(import.meta.dirname, '../../../../schemas/gp/medication-statement/v1');
const files = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => /\.(yaml|avsc)$/.test(name))
    .map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
);
const { contract, schema } = parseVersion(files);

function plan(viewSchema: object, sensitive = new SensitiveCodes()) {
  return planView({
    topic: 'share.abcdefgh.gp.medication-statement.v1',
    product: 'gp.medication-statement',
    major: 1,
    schemaId: 5,
    schema: JSON.stringify(viewSchema),
    contract: contract!,
    key: Buffer.alloc(32, 1),
    registryUrl: 'http://registry',
    sensitive,
  });
}

type ViewSchema = { fields: { name: string; type: unknown }[] };
const derived = (fields: string[]): ViewSchema =>
  deriveViewSchema(schema!, contract!, 'abcdefgh', fields) as ViewSchema;

describe('the plan of a view', () => {
  test('takes what governance derives, all fields or one', () => {
    expect(plan(derived(['all'])).showsPublisher).toBe(true);
    expect(plan(derived(['medicationCode'])).showsPublisher).toBe(false);
    expect(plan(derived(['sourceSystemUpdatedAt'])).showsSourceTime).toBe(true);
  });

  test.each(['nhsNumber', 'localPatientId', 'birthDate', 'postcode', 'medicationText'])(
    'refuses a schema that asks for %s, whoever registered it',
    (name) => {
      const view = derived(['medicationCode']);
      const type = (schema as ViewSchema).fields.find((field) => field.name === name)!.type;
      const tampered = { ...view, fields: [...view.fields, { name, type }] };
      expect(() => plan(tampered)).toThrow(
        expect.objectContaining({ code: 'MESH-4101', detail: name }) as Error,
      );
    },
  );

  test('refuses a field that the contract does not promise', () => {
    const view = derived(['medicationCode']);
    const tampered = { ...view, fields: [...view.fields, { name: 'surname', type: 'string' }] };
    expect(() => plan(tampered)).toThrow(expect.objectContaining({ code: 'MESH-4101' }) as Error);
  });

  test('tells by a digest which codes it leaves out, of the code systems that it has something of', () => {
    const codes = (fields: string[], ...list: string[]) =>
      plan(derived(fields), new SensitiveCodes(list)).codes;
    const [one, other] = ['39113611000001102', '39732311000001104'] as const;
    expect(codes(['status'], one)).toBe('');
    expect(codes(['medicationCode'])).toBe('');
    expect(codes(['medicationCode'], one, other)).toMatch(/^[0-9a-f]{64}$/);
    expect(codes(['medicationCode'], other, one)).toBe(codes(['medicationCode'], one, other));
    expect(codes(['medicationCode'], other)).not.toBe(codes(['medicationCode'], one));
    // The words of a code that is left out are left out too.
    expect(codes(['medicationDisplay'], one)).toBe(codes(['medicationCode'], one));
  });

  test('what the schema does not name is not written, even if the record has it', () => {
    const made = plan(derived(['medicationCode']));
    const now = Date.now();
    const bytes = made.encode({
      person: 'p',
      recordId: 'r',
      recordedAt: now,
      changeType: 'CREATED',
      survivorKey: null,
      nhsNumber: '9434765919',
      postcode: 'LS1 4AP',
      medicationCode: '39113611000001102',
    });
    expect(bytes.includes('9434765919')).toBe(false);
    expect(bytes.includes('LS1 4AP')).toBe(false);
    expect(made.decode(bytes)).toEqual({
      person: 'p',
      recordId: 'r',
      recordedAt: now,
      changeType: 'CREATED',
      survivorKey: null,
      medicationCode: '39113611000001102',
    });
  });
});
