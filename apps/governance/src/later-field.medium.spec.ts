import { clientToken, dayFromNow, personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { approved, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const NAME = `inpatient-spell-later-${Date.now().toString(36)}`;
const PRODUCT = `acute.${NAME}`;

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const becoming = (path: string, wanted: string) =>
  until(
    async () => ((await (await person('auditor')).get(path)).body as { state: string }).state,
    (state) => state === wanted,
    60_000,
  );

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url);
});
afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

it('a view with a field that came with a later version stands beside the version before it, and holds up no repair', async () => {
  await published((files) => files);
  await published(withField);
  const grant = await granted();
  expect(grant.fields).toContain('laterField');
  const rogue = `acute.rogue-later-${Date.now().toString(36)}.v1-value`;
  await register(rogue, { type: 'record', name: 'Rogue', fields: [] });
  const found = await until(
    () => drifts(`subject:${rogue}`),
    (all) => all.some(({ outcome }) => outcome === 'repaired'),
    10_000,
  );
  expect(found.map(({ outcome }) => outcome)).toEqual(['repaired']);
  expect(await drifts(`subject:share.${grant.id}.${PRODUCT}.v1-value`)).toEqual([]);
});

async function published(change: (files: Record<string, string>) => Record<string, string>) {
  const { id } = await approved(person, 'acute/inpatient-spell/v1', (files) =>
    change(renamed(files, 'inpatient-spell', NAME)),
  );
  await becoming(`/v1/proposals/${id}`, 'published');
}

/** The version after the first, with a field more. */
function withField(files: Record<string, string>): Record<string, string> {
  const { fields, ...schema } = JSON.parse(files['schema.avsc']!) as { fields: object[] };
  const doc = 'What came later.';
  const field = { name: 'laterField', doc, type: ['null', 'boolean'], default: null };
  const property = [
    ...['      - name: laterField', '        businessName: Later', `        description: ${doc}`],
    ...['        logicalType: boolean', '        physicalType: boolean', '        required: false'],
    ...['        classification: none', '        customProperties:'],
    ...['          - property: treatment', '            value: keep', ''],
  ].join('\n');
  return {
    ...files,
    'schema.avsc': JSON.stringify({ ...schema, fields: [...fields, field] }),
    'contract.odcs.yaml': files['contract.odcs.yaml']!.replace(
      /^version: '1.0.0'/m,
      "version: '1.1.0'",
    ).replace('      - name: wardCode\n', `${property}      - name: wardCode\n`),
  };
}

async function granted(): Promise<{ id: string; fields: string[] }> {
  const analyst = await person('analyst');
  const { body } = await analyst.post('/v1/grants', {
    ...{ product: PRODUCT, purpose: 'service-planning', legalBasis: '6(1)(e)/9(2)(h)/s251' },
    ...{ organisation: 'QUY', fields: 'all', until: dayFromNow(100), reason: 'Beds' },
  });
  const { id } = body as { id: string };
  for (const user of ['acute-owner', 'ig-lead']) {
    const given = { decision: 'approve', reason: 'Agreed' };
    await (await person(user)).post(`/v1/grants/${id}/decisions`, given);
  }
  const shown = async () => (await analyst.get(`/v1/grants/${id}`)).body as Shown;
  return until(shown, ({ state }) => state === 'active', 60_000);
}
type Shown = { id: string; state: string; fields: string[] };

async function drifts(object: string): Promise<{ outcome: string }[]> {
  const auditor = await person('auditor');
  const { body } = await auditor.get(`/v1/drift?object=${encodeURIComponent(object)}`);
  return (body as { items: { outcome: string }[] }).items;
}

async function register(subject: string, schema: object): Promise<void> {
  const token = await clientToken(stack, 'svc-governance', 'mesh-registry');
  const reply = await fetch(`${stack.registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  expect(reply.status).toBe(200);
}
