import { brokerAdmin, personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import {
  AclOperations as can,
  AclPermissionTypes,
  ResourcePatternTypes as match,
  ResourceTypes as of,
} from '@platformatic/kafka';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { approved, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const { ALLOW, DENY } = AclPermissionTypes;
const TOPIC = 'gp.medication-statement.v1';
const CLUSTER = { resourceType: of.CLUSTER, resourceName: 'kafka-cluster' };
const EVENTS = { resourceType: of.TOPIC, resourceName: 'mesh.governance-events.v1' };

type Acl = {
  resourceType: number;
  resourceName: string;
  resourcePatternType: number;
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
};
type Drift = { outcome: string; detail: Record<string, unknown> };

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let admin: ReturnType<typeof brokerAdmin>;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const drifts = async (object: string): Promise<Drift[]> => {
  const path = `/v1/drift?object=${encodeURIComponent(object)}`;
  return ((await (await person('auditor')).get(path)).body as { items: Drift[] }).items;
};
const acl = (principal: string, change: Partial<Acl>): Acl => ({
  ...{ resourceType: of.TOPIC, resourceName: TOPIC, resourcePatternType: match.LITERAL },
  ...{ principal: `User:${principal}`, host: '*', operation: can.READ, permissionType: ALLOW },
  ...change,
});
/** What stands at the broker for a principal, in an order of its own. */
const standing = async (principal: string): Promise<Acl[]> => {
  const found = await admin.describeAcls({
    filter: {
      ...{ resourceType: of.ANY, resourcePatternType: match.ANY, operation: can.ANY },
      ...{
        principal: principal.includes(':') ? principal : `User:${principal}`,
        permissionType: AclPermissionTypes.ANY,
      },
    } as never,
  });
  return found
    .flatMap(({ acls, ...resource }) => acls.map((one) => ({ ...resource, ...one })))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
};
const change = (creations: Acl[]) => admin.createAcls({ creations: creations as never });

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url);
  admin = brokerAdmin(stack);
  const { id } = await approved(person, 'gp/medication-statement/v1');
  const lead = await person('governance-lead');
  const { body } = await until(
    () => lead.get(`/v1/proposals/${id}`),
    (answer) => (answer.body as { state: string }).state === 'published',
  );
  expect(body).toMatchObject({ state: 'published' });
});

afterAll(async () => {
  await admin?.close();
  await governance?.stop();
  await database?.drop();
});

it.each([
  ['a holder reads a product from one host', acl('grant-rogue1', { host: '127.0.0.1' })],
  [
    'a holder is denied its view from one',
    acl('grant-rogue2', { host: '::1', permissionType: DENY }),
  ],
  ['everybody alters the cluster', acl('*', { ...CLUSTER, operation: can.ALTER })],
  ['everybody writes idempotently', acl('*', { ...CLUSTER, operation: can.IDEMPOTENT_WRITE })],
  ['nobody in particular reads the cluster', acl('ANONYMOUS', { ...CLUSTER, operation: can.ALL })],
  ['governance reads every topic', acl('svc-governance', { resourceName: '*' })],
  ['governance does all to the cluster', acl('svc-governance', { ...CLUSTER, operation: can.ALL })],
  [
    'a holder makes tokens for a domain',
    acl('grant-rogue3', {
      ...{ resourceType: of.USER, resourceName: 'User:domain-gp', operation: can.CREATE_TOKENS },
    }),
  ],
  [
    'a holder describes delegation tokens',
    acl('grant-rogue4', { resourceType: of.DELEGATION_TOKEN, operation: can.DESCRIBE }),
  ],
  [
    'a holder commits in two phases',
    acl('grant-rogue5', { resourceType: of.TRANSACTIONAL_ID, operation: can.TWO_PHASE_COMMIT }),
  ],
  ['what is no user reads a product', acl('x', { principal: 'Group:readers' })],
])('a rule by which %s goes within ten seconds, and is said once', async (_, rule) => {
  const principal = rule.principal.replace(/^User:/, '');
  const before = await standing(principal);
  const saidBefore = (await drifts(`principal:${principal}`)).length;
  await change([rule]);
  const said = await until(
    () => drifts(`principal:${principal}`),
    (found) => found.length > saidBefore && found.every(({ outcome }) => outcome === 'repaired'),
    10_000,
  );
  await expect.poll(() => standing(principal), { timeout: 2_000 }).toEqual(before);
  expect(said).toHaveLength(saidBefore + 1);
  expect(said[0]?.detail).toMatchObject({ was: 'not decided' });
});

it('a rule that was made to hold for one host alone holds for every one again', async () => {
  const before = await standing('domain-gp');
  const own = before.find(({ resourceName }) => resourceName === EVENTS.resourceName)!;
  await admin.deleteAcls({ filters: [own] as never });
  await change([{ ...own, host: '10.9.9.9' }]);
  await expect.poll(() => standing('domain-gp'), { timeout: 10_000 }).toEqual(before);
});

it('a rule of governance’s own that was taken away is set again', async () => {
  const before = await standing('svc-governance');
  const own = acl('svc-governance', { ...EVENTS, operation: can.WRITE });
  await admin.deleteAcls({ filters: [own] as never });
  await expect.poll(() => standing('svc-governance'), { timeout: 10_000 }).toEqual(before);
});

it('and then nothing more is said, turn after turn', async () => {
  const all = async () => {
    const { body } = await (await person('auditor')).get('/v1/drift?kind=rule&limit=100');
    return (body as { items: Drift[] }).items;
  };
  const settled = await until(all, (found) => found.every(({ outcome }) => outcome === 'repaired'));
  // A topic under the mesh's prefix is reported by each turn's beginning: two of them are two turns.
  for (const topic of ['gp.first.v1', 'gp.second.v1']) {
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
    await until(
      () => drifts(`topic:${topic}`),
      (found) => found.length > 0,
      10_000,
    );
  }
  expect(await all()).toEqual(settled);
});
