import {
  brokerAdmin,
  clientToken,
  dayFromNow,
  personToken,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const NAME = `spell-use-${Date.now().toString(36)}`;
const PRODUCT = `acute.${NAME}`;
const CARE_TOPIC = `${PRODUCT}.v1`;

type Grant = { id: string; state: string };
type Way = { way: string; lastAt: string; times: number | null; records: number | null };
type Item = {
  grant: string;
  topic: string;
  lag: number | null;
  groups: object[];
  schemas: object[];
  ways: Way[];
  lastReadAt: string | null;
  recordsPassed: number;
  unused: boolean;
};

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
/** Views of two recipients, and the service of a domain. */
let view: Grant;
let other: Grant;
let care: Grant;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const ports = async () => governance.as(await clientToken(stack, 'svc-output-ports', 'mesh-api'));
const topicOf = ({ id }: Grant) => `share.${id}.${PRODUCT}.v1`;

async function ofProduct(user: string): Promise<Item[]> {
  const { body } = await (await person(user)).get(`/v1/products/${PRODUCT}/use`);
  return (body as { items: Item[] }).items;
}
const itemOf = async (grant: Grant) =>
  (await ofProduct('acute-owner')).find((one) => one.grant === grant.id)!;

async function granted(user: string, request: object, deciders: string[]): Promise<Grant> {
  const asking = await person(user);
  const { body, text } = await asking.post('/v1/grants', {
    ...{ product: PRODUCT, fields: 'all', until: dayFromNow(200), reason: 'Beds' },
    ...request,
  });
  expect(text).toContain('"state":"requested"');
  const { id } = body as Grant;
  for (const decider of deciders) {
    const decision = { decision: 'approve', reason: 'Agreed' };
    await (await person(decider)).post(`/v1/grants/${id}/decisions`, decision);
  }
  return until(
    async () => (await asking.get(`/v1/grants/${id}`)).body as Grant,
    ({ state }) => state === 'active',
  );
}

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url, {
    MESH_READINGS_EVERY_MS: '200',
    MESH_GRANT_NOTICES_EVERY_MS: '200',
  });
  await approved(person, 'acute/inpatient-spell/v1', (files) =>
    renamed(files, 'inpatient-spell', NAME),
  );
  await approved(person, 'social-care/care-package/v1');
  const lead = await person('governance-lead');
  for (const product of [PRODUCT, 'social-care.care-package'])
    await until(
      () => lead.get(`/v1/products/${product}`),
      ({ status }) => status === 200,
    );
  const planning = { purpose: 'service-planning', legalBasis: '6(1)(e)/9(2)(h)/s251' };
  const deciders = ['acute-owner', 'ig-lead'];
  view = await granted('analyst', { ...planning, organisation: 'QUY' }, deciders);
  other = await granted('analyst-2', { ...planning, organisation: 'QR1' }, deciders);
  const direct = { purpose: 'individual-care', legalBasis: '6(1)(e)/9(2)(h)/direct-care' };
  care = await granted(
    'social-care-publisher',
    { ...direct, organisation: '503', consumer: 'social-care' },
    ['acute-owner', 'caldicott-guardian'],
  );
});
afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

/** A group that has read so many records of a topic. */
async function committed(groupId: string, name: string, offset: bigint): Promise<void> {
  const admin = brokerAdmin(stack);
  const partitionOffsets = [{ partition: 0, offset }];
  await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name, partitionOffsets }] });
  await admin.close();
}

describe('what is granted to a service of the mesh', () => {
  it('is read by that service as itself, and by nobody with a credential', async () => {
    const publisher = await person('social-care-publisher');
    expect(await publisher.post(`/v1/grants/${care.id}/credentials`)).toMatchObject({
      ...{ status: 409, body: { code: 'MESH-3723' } },
    });
    const { body } = await publisher.get(`/v1/grants/${care.id}`);
    expect(body).toMatchObject({ credentials: [], jointControllers: null });
  });
});

describe('the use of a product’s grants', () => {
  it('is shown to its owner grant by grant, with lag and schemas, and to a recipient as far as it is theirs', async () => {
    const found = await ofProduct('acute-owner');
    expect(found.map(({ grant }) => grant)).toEqual([view.id, other.id, care.id]);
    for (const one of found) {
      expect(one).toMatchObject({
        ...{ lag: null, groups: [], ways: [], lastReadAt: null, recordsPassed: 0, unused: false },
        schemas: [{ schemaId: expect.any(Number) as number, version: '1.0.0' }],
      });
    }
    expect((await ofProduct('analyst')).map(({ grant }) => grant)).toEqual([view.id]);
    expect((await ofProduct('analyst-2')).map(({ grant }) => grant)).toEqual([other.id]);
    expect(await ofProduct('gp-owner')).toEqual([]);
  });

  it('is of a product that there is', async () => {
    const answer = await (await person('acute-owner')).get('/v1/products/acute.no-such/use');
    expect(answer).toMatchObject({ status: 404, body: { code: 'MESH-3011' } });
  });

  it('sees a grant’s own groups, and those of the domain whose service reads under it', async () => {
    await committed(`share.${view.id}.notebook`, topicOf(view), 7n);
    await committed('social-care.care-record', CARE_TOPIC, 5n);
    await committed('gp.elsewhere', CARE_TOPIC, 9n);
    const used = (grant: Grant) =>
      until(
        () => itemOf(grant),
        ({ ways }) => ways.length > 0,
      );
    expect(await used(view)).toMatchObject({
      ...{ recordsPassed: 7, groups: [{ group: `share.${view.id}.notebook`, recordsPassed: 7 }] },
      ways: [{ way: 'stream', records: 7, times: null }],
    });
    const item = await used(care);
    expect(item).toMatchObject({
      ...{ topic: CARE_TOPIC, recordsPassed: 5, lag: 0 },
      groups: [{ group: 'social-care.care-record', lag: 0, recordsPassed: 5 }],
      ways: [{ way: 'service', records: 5, times: null, lastAt: item.lastReadAt }],
    });
  });

  it('counts what the output ports tell, each way with its own time and volume, told twice as once', async () => {
    const path = `/v1/grants/${other.id}/use`;
    const topic = topicOf(other);
    const [first, last] = ['2026-02-01T09:00:00.000Z', '2026-02-03T09:00:00.000Z'];
    const told = (times: number, sqlAt: string) => ({
      items: [
        { topic, way: 'sql', lastAt: sqlAt, times, records: null },
        { topic, way: 'files', lastAt: first, times: 2, records: 80 },
        { topic, way: 'aggregates', lastAt: first, times: 1, records: null },
      ],
    });
    expect((await (await ports()).put(path, told(3, last))).status).toBe(204);
    expect((await (await ports()).put(path, told(2, first))).status).toBe(204);
    const item = await itemOf(other);
    expect(item).toMatchObject({ lastReadAt: last, recordsPassed: 0 });
    expect(item.ways).toEqual([
      { way: 'aggregates', lastAt: first, times: 1, records: null },
      { way: 'files', lastAt: first, times: 2, records: 80 },
      { way: 'sql', lastAt: last, times: 3, records: null },
    ]);
    const own = (await (await person('analyst-2')).get(path)).body as { items: Item[] };
    expect(own.items[0]?.ways).toEqual(item.ways);
  });

  it('is told by the output ports alone, in their words, of a grant that there is', async () => {
    const lastAt = '2026-02-01T09:00:00.000Z';
    const one = { topic: topicOf(view), way: 'sql', lastAt, times: 1, records: null };
    const path = `/v1/grants/${view.id}/use`;
    const caller = await ports();
    for (const user of ['analyst', 'acute-owner', 'administrator'])
      expect((await (await person(user)).put(path, { items: [one] })).status).toBe(403);
    const wrong = { ...one, way: 'stream' };
    expect((await caller.put(path, { items: [wrong] })).status).toBe(422);
    const none = await caller.put('/v1/grants/nosuchgrant/use', { items: [one] });
    expect(none).toMatchObject({ status: 404, body: { code: 'MESH-3501' } });
  });

  it('is looked at whole before a grant is called unused', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `BEGIN;
       UPDATE access_grant SET activated_at = now() - interval '40 days', created_at = created_at - interval '40 days';
       UPDATE grant_reading SET read_at = now() - interval '40 days';
       UPDATE grant_use SET used_at = now() - interval '40 days';
       UPDATE grant_use SET used_at = now() - interval '29 days' WHERE way IN ('sql', 'service');
       COMMIT`,
    );
    await client.end();
    const found = await ofProduct('acute-owner');
    expect(Object.fromEntries(found.map(({ grant, unused }) => [grant, unused]))).toEqual({
      ...{ [view.id]: true, [other.id]: false, [care.id]: false },
    });
    const events = async ({ id }: Grant) => {
      const { body } = await (await person('acute-owner')).get(`/v1/grants/${id}`);
      const { timeline } = body as { timeline: { event: string }[] };
      return timeline.filter(({ event }) => event.includes('unused')).length;
    };
    await until(
      () => events(view),
      (count) => count > 0,
    );
    expect([await events(view), await events(other), await events(care)]).toEqual([1, 0, 0]);
  });
});
