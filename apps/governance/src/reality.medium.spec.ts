import {
  brokerAdmin,
  clientToken,
  createTopics,
  personToken,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import {
  ClientQuotaMatchTypes,
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const NAME = `inpatient-spell-${Date.now().toString(36)}`;
const PRODUCT = `acute.${NAME}`;
const TOPIC = `${PRODUCT}.v1`;
const SOON = { timeout: 10_000 };

type Drift = { kind: string; object: string; outcome: string; detail: Record<string, unknown> };

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let admin: ReturnType<typeof brokerAdmin>;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const drifts = async (object: string): Promise<Drift[]> => {
  const auditor = await person('auditor');
  const { body } = await auditor.get(`/v1/drift?object=${encodeURIComponent(object)}`);
  return (body as { items: Drift[] }).items;
};
/** The drifts of an object once there is one and it was put right, within the ten seconds that are promised. */
const drifted = (object: string) =>
  until(
    () => drifts(object),
    (found) => found.length > 0 && found.every(({ outcome }) => outcome !== 'found'),
    10_000,
  );
/** What the sealed ledger says happened to an object, once it says `action`. */
const actionsOn = async (object: string, action: string): Promise<string[]> => {
  const path = `/v1/audit/entries?object=${encodeURIComponent(object)}`;
  const auditor = await person('auditor');
  const all = async () =>
    ((await auditor.get(path)).body as Entries).items.map((one) => one.action);
  return until(all, (found) => found.includes(action), 5_000);
};
type Entries = { items: { action: string }[] };

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url);
  admin = brokerAdmin(stack);
  const { id } = await approved(person, 'acute/inpatient-spell/v1', (files) =>
    renamed(files, 'inpatient-spell', NAME),
  );
  const lead = await person('governance-lead');
  const { body } = await until(
    () => lead.get(`/v1/proposals/${id}`),
    (answer) => (answer.body as { state: string }).state === 'published',
    60_000,
  );
  expect(body).toMatchObject({ state: 'published' });
});

afterAll(async () => {
  await admin?.close();
  await governance?.stop();
  await database?.drop();
});

describe('the registry', () => {
  const rogue = `acute.rogue-${Date.now().toString(36)}.v1-value`;

  it('loses a subject that nobody decided', async () => {
    await register(rogue, { type: 'record', name: 'Rogue', fields: [] });
    const [drift] = await drifted(`subject:${rogue}`);
    expect(drift).toMatchObject({
      kind: 'subject',
      outcome: 'repaired',
      detail: { was: 'not decided', versions: [1], done: 'removed' },
    });
    expect(await versionsOf(rogue)).toEqual([]);
    expect(await actionsOn(`subject:${rogue}`, 'drift.repaired')).toEqual([
      'drift.repaired',
      'drift.found',
    ]);
  });

  it('loses a version that nobody decided, and keeps the one that was', async () => {
    const subject = `${TOPIC}-value`;
    const [decided] = await versionsOf(subject);
    const before = await schemaOf(subject, decided ?? 0);
    const schema = JSON.parse(before.schema) as { fields: object[] };
    const field = { name: 'smuggled', type: ['null', 'string'], default: null };
    const id = await register(subject, { ...schema, fields: [...schema.fields, field] });
    const [drift] = await drifted(`subject:${subject}`);
    expect(drift?.detail).toMatchObject({ was: 'not decided', versions: [2], schemaId: id });
    expect(await versionsOf(subject)).toEqual([decided]);
    expect(await schemaOf(subject, decided ?? 0)).toEqual(before);
  });

  it('has a subject’s compatibility put back', async () => {
    const subject = `${PRODUCT}.secondary.v1-value`;
    await call('PUT', `/config/${subject}`, { compatibility: 'NONE' });
    const [drift] = await drifted(`subject:${subject}`);
    expect(drift).toMatchObject({ kind: 'compatibility', outcome: 'repaired' });
    expect(await call('GET', `/config/${subject}`)).toMatchObject({
      compatibilityLevel: 'FULL_TRANSITIVE',
    });
  });
});

describe('a product’s subject that was deleted', () => {
  const subject = `${TOPIC}-value`;
  const object = `subject:${subject}`;
  const missing = async () => (await drifts(object)).filter(isOfIds);
  const isOfIds = ({ detail }: Drift) =>
    ['missing', 'other schema ids'].includes(`${detail['was']}`);

  it('comes back under the id that was published, from the text of its version’s file', async () => {
    const before = await schemaOf(subject, 1);
    await call('DELETE', `/subjects/${subject}`);
    await call('DELETE', `/subjects/${subject}?permanent=true`);
    const said = await until(missing, ([one]) => one?.outcome === 'repaired', 10_000);
    expect(said).toMatchObject([
      { outcome: 'repaired', detail: { was: 'missing', schemaIds: [before.id] } },
    ]);
    expect(await schemaOf(subject, 1)).toMatchObject({ id: before.id, schema: before.schema });
  });

  it('is reported where it comes back under another, once and not as repaired', async () => {
    const { id } = await schemaOf(subject, 1);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    // As if the registry had given it another when it was published.
    const publishedAs = (schemaId: number) =>
      client.query(`UPDATE proposal SET schema_id = $1 WHERE product = $2`, [schemaId, PRODUCT]);
    const told = (await missing()).length;
    await publishedAs(id + 70_000);
    await call('DELETE', `/subjects/${subject}`);
    await call('DELETE', `/subjects/${subject}?permanent=true`);
    const [drift] = await until(
      missing,
      (found) => found.length > told && found.every(({ outcome }) => outcome !== 'found'),
      15_000,
    );
    expect(drift).toMatchObject({
      outcome: 'standing',
      detail: { was: 'other schema ids', published: [id + 70_000], held: [id] },
    });
    await turnsOf(3);
    expect(await missing()).toHaveLength(told + 1);
    expect((await actionsOn(object, 'drift.reported')).slice(0, 2)).toEqual([
      'drift.reported',
      'drift.found',
    ]);
    await publishedAs(id);
    await client.end();
    const after = await until(missing, ([one]) => one?.outcome === 'cleared', 15_000);
    expect(after).toHaveLength(told + 1);
  });
});

describe('the broker', () => {
  it('loses a topic setting that nobody decided', async () => {
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: TOPIC };
    const SET = IncrementalAlterConfigOperationTypes.SET;
    const configs = [{ name: 'retention.ms', configOperation: SET, value: '1000' }];
    await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs }] });
    const [drift] = await drifted(`topic:${TOPIC}`);
    expect(drift).toMatchObject({
      kind: 'setting',
      outcome: 'repaired',
      detail: { setting: 'retention.ms', was: '1000', is: null },
    });
  });

  it('has topics nobody decided and partitions nobody planned reported once, and their end', async () => {
    const foreign = `acute.foreign-${Date.now().toString(36)}.v1`;
    await createTopics(stack, [foreign], { partitions: 1 });
    await admin.createPartitions({ topics: [{ name: `${PRODUCT}.secondary.v1`, count: 7 }] });
    const [drift] = await drifted(`topic:${foreign}`);
    expect(drift).toMatchObject({ kind: 'topic', outcome: 'standing' });
    const [other] = await drifted(`topic:${PRODUCT}.secondary.v1`);
    expect(other).toMatchObject({
      kind: 'partitions',
      outcome: 'standing',
      detail: { planned: 6, held: 7 },
    });
    await admin.deleteTopics({ topics: [foreign] });
    const after = await until(
      () => drifts(`topic:${foreign}`),
      ([found]) => found?.outcome === 'cleared',
      10_000,
    );
    expect(after.map(({ outcome }) => outcome)).toEqual(['cleared']);
    expect(await actionsOn(`topic:${foreign}`, 'drift.cleared')).toEqual([
      'drift.cleared',
      'drift.reported',
    ]);
  });

  it('keeps the decided quota of a domain, whatever was set by hand', async () => {
    const decided = { consumer_byte_rate: 67_108_864, producer_byte_rate: 67_108_864 };
    expect(await quotaOf('domain-acute')).toEqual({ ...decided, request_percentage: 300 });
    await admin.alterClientQuotas({
      entries: [
        {
          entities: [{ entityType: 'user', entityName: 'domain-acute' }],
          ops: [{ key: 'producer_byte_rate', value: 1_000, remove: false }],
        },
      ],
    });
    await until(
      () => drifts('principal:domain-acute'),
      (found) => found.some((one) => one.kind === 'quota' && one.outcome === 'repaired'),
      10_000,
    );
    // The controller has answered; what the broker lists is its own copy.
    await expect.poll(() => quotaOf('domain-acute'), SOON).toMatchObject(decided);
  });

  it('loses a key of a domain’s quota that no quota of the mesh has, and says so once', async () => {
    const before = (await quotaDrifts('principal:domain-acute')).length;
    await setQuota(['domain-acute'], 'controller_mutation_rate', 1);
    await expect
      .poll(() => quotaOf('domain-acute'), SOON)
      .not.toHaveProperty('controller_mutation_rate');
    await turnsOf(3);
    const said = await quotaDrifts('principal:domain-acute');
    expect(said.slice(0, said.length - before)).toMatchObject([
      { outcome: 'repaired', detail: { was: { controller_mutation_rate: 1 } } },
    ]);
  });

  it.each([
    ['whoever has none of their own', [null], {}],
    ['those of them by one client id', [null, 'governance'], { clientId: 'governance' }],
    ['those of them by any client id', [null, null], { clientId: '<default>' }],
  ])('loses a quota of %s, and says so once', async (_, entity, detail) => {
    const object = 'principal:<default>';
    const before = (await quotaDrifts(object)).length;
    await setQuota(entity, 'request_percentage', 500);
    const said = await until(
      () => quotaDrifts(object),
      (found) => found.length > before && found.every(({ outcome }) => outcome === 'repaired'),
      10_000,
    );
    expect(said[0]).toMatchObject({
      ...{ kind: 'quota', outcome: 'repaired' },
      detail: { was: { request_percentage: 500, ...detail }, is: 'not decided' },
    });
    await turnsOf(3);
    expect(await quotaDrifts(object)).toHaveLength(before + 1);
    const left = await admin.describeClientQuotas({
      components: [{ entityType: 'user', matchType: ClientQuotaMatchTypes.DEFAULT }],
      strict: false,
    });
    expect(left).toEqual([]);
  });

  it('takes another quota from a lead’s decision, and from nobody else', async () => {
    const quota = { bytesPerSecond: 1_048_576, requestPercent: 100 };
    const given = { quota, reason: 'A small broker' };
    const path = '/v1/domains/acute/quota';
    expect((await (await person('acute-owner')).post(path, given)).status).toBe(403);
    expect((await (await person('governance-lead')).post(path, given)).body).toMatchObject({
      quota,
    });
    await expect
      .poll(() => quotaOf('domain-acute'), SOON)
      .toMatchObject({ producer_byte_rate: 1_048_576 });
    const action = 'domain.quota-decided';
    expect(await actionsOn('domain:acute', action)).toContain(action);
  });
});

describe('conformance and health', () => {
  const finding = {
    ...{ partition: 0, offset: 7, step: 'approval', code: 'MESH-2802', path: null },
    ...{ schemaId: 4_294_967_295, publisher: 'RX1', writtenAt: '2026-01-01T00:00:00.000Z' },
  };
  const found = { major: 1, findings: [finding], totals: { records: 8, findings: 1 } };
  const window = {
    ...{ records: 100, live: 100, findings: 0, bytes: 1, timely: 100, late: 0, slowestMs: 5 },
    newestAt: '2026-01-01T00:00:00.000Z',
    versions: [],
  };
  const monitor = async () => governance.as(await clientToken(stack, 'svc-monitor', 'mesh-api'));
  const shown = async () =>
    (await (await person('analyst')).get(`/v1/products/${PRODUCT}`)).body as Shown;
  type Shown = {
    conformance: { state: string; since: string | null; lastFinding: object | null };
    health: { state: string; breaches: { promise: string; field?: string }[]; refusals: object };
  };

  it('marks the product from the first record that should not be there, told by the monitor alone', async () => {
    const path = `/v1/products/${PRODUCT}/findings`;
    const stranger = governance.as(await clientToken(stack, 'domain-acute', 'mesh-api'));
    expect((await stranger.post(path, found)).status).toBe(403);
    expect(await (await monitor()).post(path, found)).toMatchObject({ body: { listed: 1 } });
    expect(await (await monitor()).post(path, found)).toMatchObject({ body: { listed: 0 } });
    expect((await shown()).conformance).toMatchObject({
      state: 'breached',
      lastFinding: { topic: TOPIC, partition: 0, offset: 7, publisher: 'RX1', domain: 'acute' },
    });
    const { body } = await (await person('analyst')).get(path);
    expect((body as { items: object[] }).items).toEqual([
      expect.objectContaining({ offset: 7, code: 'MESH-2802', schemaId: 4_294_967_295 }),
    ]);
    const { body: health } = await (
      await person('governance-lead')
    ).get(`/v1/products/${PRODUCT}/health`);
    expect(health).toMatchObject({
      conformance: { state: 'breached', totals: { findings: 1 } },
      findings: [{ topic: TOPIC, partition: 0, offset: 7, publisher: 'RX1', domain: 'acute' }],
    });
    const { body: list } = await (await person('analyst')).get('/v1/products?domain=acute');
    const marked = (list as { items: (Shown & { id: string })[] }).items.find(
      ({ id }) => id === PRODUCT,
    );
    expect(marked?.conformance.state).toBe('breached');
    const actions = await actionsOn(`product:${PRODUCT}`, 'conformance.found');
    expect(actions.filter((action) => action === 'conformance.found')).toHaveLength(1);
  });

  it('names the promises that are not kept, and their recovery', async () => {
    const path = `/v1/products/${PRODUCT}/health`;
    expect(
      (await (await monitor()).post(path, { major: 1, window: { ...window, stated: [] } })).status,
    ).toBe(200);
    const broken = await shown();
    expect(broken.health.state).toBe('breached');
    expect(broken.health.breaches.map(({ promise }) => promise)).toContain('completeness');
    const stated = broken.health.breaches.map(({ field }) => ({ field, records: 100 }));
    await (await monitor()).post(path, { major: 1, window: { ...window, stated } });
    expect((await shown()).health).toMatchObject({ state: 'kept', breaches: [] });
    const actions = await actionsOn(`product:${PRODUCT}`, 'health.recovered');
    expect(actions).toContain('health.breached');
  });

  it('takes a domain’s numbers about its own products only', async () => {
    const intake = {
      since: '2026-01-01T00:00:00.000Z',
      ...{ accepted: 9, unchanged: 0, retracted: 0, refused: 1, publishLagMs: 0 },
      refusals: [{ code: 'MESH-2301', records: 1 }],
      lastAcceptedAt: null,
    };
    const path = `/v1/products/${PRODUCT}/health`;
    const acute = governance.as(await clientToken(stack, 'domain-acute', 'mesh-api'));
    expect((await acute.post(path, { major: 1, intake })).status).toBe(200);
    expect((await (await monitor()).post(path, { major: 1, intake })).status).toBe(403);
    expect((await acute.post(path, { major: 1, window: { ...window, stated: [] } })).status).toBe(
      403,
    );
    expect((await shown()).health.refusals).toMatchObject({ accepted: 9, refused: 1 });
  });
});

describe('an extension of retention', () => {
  it('is proposed by an owner and decided by the information-governance lead, on the ledger', async () => {
    const path = `/v1/products/${PRODUCT}/retention-extensions`;
    const given = { until: '2099-12-31', reason: 'Public inquiry' };
    expect((await (await person('gp-owner')).post(path, given)).status).toBe(422);
    const owner = await person('acute-owner');
    expect((await owner.post(path, { ...given, until: '2020-01-01' })).status).toBe(422);
    const { body } = await owner.post(path, given);
    const { id } = body as { id: string };
    const product = async () =>
      (await owner.get(`/v1/products/${PRODUCT}`)).body as { retentionHold: object | null };
    expect((await product()).retentionHold).toBeNull();
    const decide = (decision: string) => ({ decision, reason: 'Lawful' });
    const decisions = `/v1/retention-extensions/${id}/decisions`;
    expect((await owner.post(decisions, decide('approve'))).status).toBe(403);
    const lead = await person('ig-lead');
    expect(await lead.post(decisions, decide('approve'))).toMatchObject({
      status: 200,
      body: { state: 'approved', until: '2100-01-01T00:00:00.000Z' },
    });
    expect((await product()).retentionHold).toMatchObject({ id, decidedBy: 'user-ig-lead' });
    expect((await lead.post(decisions, decide('approve'))).status).toBe(409);
    const deputy = await person('governance-lead-2');
    expect((await deputy.post(decisions, decide('end'))).body).toMatchObject({ code: 'MESH-3010' });
    const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const cover = { role: 'ig-lead', deputy: 'user-governance-lead-2', until, reason: 'Away' };
    expect((await lead.post('/v1/covers', cover)).status).toBe(201);
    expect((await deputy.post(decisions, decide('end'))).status).toBe(200);
    expect((await product()).retentionHold).toBeNull();
    expect(await actionsOn(`product:${PRODUCT}`, 'retention.extension-ended')).toEqual(
      expect.arrayContaining(['retention.extension-proposed', 'retention.extended']),
    );
  });
});

it('says of what a killed attempt found, and had put right, that it was', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `INSERT INTO drift (kind, object, outcome, detail, found_at)
     VALUES ('rule', 'principal:grant-killed', 'found', '{"was":"not decided"}', now())`,
  );
  await client.end();
  const object = 'principal:grant-killed';
  expect(await actionsOn(object, 'drift.repaired')).toEqual(['drift.repaired']);
  expect(await drifts(object)).toMatchObject([{ outcome: 'repaired' }]);
});

it('shows drift to those who look after the mesh', async () => {
  expect((await (await person('analyst')).get('/v1/drift')).status).toBe(403);
  const { body } = await (
    await person('governance-lead')
  ).get('/v1/drift?outcome=standing&kind=partitions');
  expect((body as { items: Drift[] }).items).toEqual([
    expect.objectContaining({ kind: 'partitions', object: `topic:${PRODUCT}.secondary.v1` }),
  ]);
});

const quotaDrifts = async (object: string): Promise<Drift[]> =>
  (await drifts(object)).filter(({ kind }) => kind === 'quota');

/** Sets one key for a user, or for a user and a client id; null is the broker's default. */
async function setQuota(
  names: (string | null)[],
  key: 'controller_mutation_rate' | 'request_percentage',
  value: number,
): Promise<void> {
  const types = ['user', 'client-id'] as const;
  const entities = names.map((entityName, at) => ({ entityType: types[at]!, entityName }));
  await admin.alterClientQuotas({
    entries: [{ entities: entities as never, ops: [{ key, value, remove: false }] }],
  });
}

let turns = 0;
/** Lets the reconciler look at every quota, a number of times: each takes away the one that was set last. */
async function turnsOf(count: number): Promise<void> {
  for (const last = turns + count; turns < last; turns++) {
    const ended = `grant-turn${turns}`;
    await setQuota([ended], 'request_percentage', 500);
    const said = await until(
      () => quotaDrifts(`principal:${ended}`),
      ([one]) => one?.outcome === 'repaired',
      10_000,
    );
    expect(said).toHaveLength(1);
  }
}

async function quotaOf(principal: string): Promise<Record<string, number>> {
  const [entry] = await admin.describeClientQuotas({
    components: [{ entityType: 'user', matchType: ClientQuotaMatchTypes.EXACT, match: principal }],
    strict: true,
  });
  return Object.fromEntries(entry?.values.map(({ key, value }) => [key, value]) ?? []);
}

async function call(method: string, path: string, json?: object): Promise<unknown> {
  const token = await clientToken(stack, 'svc-governance', 'mesh-registry');
  const response = await fetch(`${stack.registryUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/vnd.schemaregistry.v1+json',
    },
    body: json ? JSON.stringify(json) : null,
  });
  return response.json();
}

async function register(subject: string, schema: object): Promise<number> {
  const answer = await call('POST', `/subjects/${subject}/versions`, {
    schema: JSON.stringify(schema),
  });
  return (answer as { id: number }).id;
}

async function versionsOf(subject: string): Promise<number[]> {
  const answer = await call('GET', `/subjects/${subject}/versions`);
  return Array.isArray(answer) ? (answer as number[]) : [];
}

async function schemaOf(subject: string, version: number) {
  return (await call('GET', `/subjects/${subject}/versions/${version}`)) as {
    id: number;
    schema: string;
  };
}
