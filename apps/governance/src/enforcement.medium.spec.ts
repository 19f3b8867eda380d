import { openDatabase } from '@caremesh/platform';
import {
  brokerAdmin,
  brokerProducer,
  clientToken,
  dayFromNow,
  personToken,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import {
  ClientQuotaMatchTypes,
  ConfigResourceTypes,
  Consumer,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOSED } from './broker/waiting-fetches.js';
import { tables } from './database/tables.js';
import { hashOf } from './ledger/entry.js';
import type { LedgerEntry } from './ledger/entry.js';
import { agreed, approved, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const PRODUCT = 'acute.inpatient-spell';
const TOPIC = `${PRODUCT}.v1`;

type Grant = { id: string; state: string; topics: { topic: string }[] };
type Credential = {
  clientId: string;
  clientSecret: string;
  tokenUrl: string;
  bootstrap: string;
  groupPrefix: string;
};

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let sql: pg.Client;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const entries = async (object?: string): Promise<LedgerEntry[]> => {
  const query = object ? `?limit=1000&object=${encodeURIComponent(object)}` : '?limit=1000';
  const { body } = await (await person('auditor')).get(`/v1/audit/entries${query}`);
  return (body as { items: LedgerEntry[] }).items;
};
/** What the ledger says was put right about an object, within the ten seconds that are promised. */
const repaired = (object: string) =>
  until(
    async () => (await entries(object)).filter(({ action }) => action === 'drift.repaired'),
    (found) => found.length > 0,
    10_000,
  );
const stateOf = async (id: string) =>
  ((await (await person('governance-lead')).get(`/v1/proposals/${id}`)).body as { state: string })
    .state;

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url);
  // Subjects that other specs left are taken away by its first turn: once a domain is accepted here they would be drift.
  await until(
    () => governance.as('').get('/health/ready'),
    ({ status }) => status === 200,
  );
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await agreed(person, ['QUY']);
  const { id } = await approved(person, 'acute/inpatient-spell/v1');
  await until(
    () => stateOf(id),
    (state) => state === 'published',
    60_000,
  );
});

afterAll(async () => {
  await sql?.end();
  await governance?.stop();
  await database?.drop();
});

describe('the database', () => {
  it('is made by migrations and is what the entities say', async () => {
    const { dataSource, close } = await openDatabase({ url: database.url, ...tables });
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await close();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('refuses to change or delete an entry of the ledger, also to its owner', async () => {
    const tables = { ledger_entry: 'actor', ledger_seal: 'hash', ledger_checkpoint: 'note' };
    for (const [table, column] of Object.entries(tables)) {
      const statements = [
        `UPDATE ${table} SET ${column} = 'x'`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ];
      for (const statement of statements) {
        await expect(sql.query(statement)).rejects.toThrow('permission denied');
      }
      // Given itself the privilege back, the owner is refused by the trigger.
      await sql.query(`GRANT ALL ON ${table} TO CURRENT_USER`);
      for (const statement of statements) {
        await expect(sql.query(statement)).rejects.toThrow('append-only');
      }
    }
  });
});

describe('the ledger', () => {
  it('holds who proposed, decided and registered, chained', async () => {
    const expected = [
      'proposal.proposed',
      'proposal.approved',
      'domain.accepted',
      'version.registering',
      'version.published',
      'schema.registered',
      'access.permitted',
    ];
    const newestFirst = await until(entries, (sealed) => {
      const actions = new Set(sealed.map(({ action }) => action));
      return expected.every((action) => actions.has(action));
    });
    const all = newestFirst.toReversed();
    expect(all.map(({ action }) => action)).toEqual(expect.arrayContaining(expected));
    expect(all.map(({ action }) => action)).not.toContain('drift.repaired');
    for (const [at, entry] of all.entries()) {
      const { hash, ...rest } = entry;
      expect(hashOf(rest)).toBe(hash);
      expect(entry.seq).toBe(at + 1);
      expect(entry.prev).toBe(all[at - 1]?.hash ?? '0'.repeat(64));
    }
    const approval = all.find(({ action }) => action === 'proposal.approved');
    expect(approval).toMatchObject({
      actor: expect.stringMatching(/^user-(governance|ig)-lead$/) as string,
      detail: { product: PRODUCT, reason: 'Good' },
    });
  });

  it('takes entries of services about themselves, and of nobody else', async () => {
    const domain = governance.as(await clientToken(stack, 'domain-acute', 'mesh-api'));
    const note = {
      action: 'quarantine.revealed',
      object: 'acute/quarantine/x',
      detail: { by: 'user-a' },
    };
    expect((await domain.post('/v1/ledger', note)).status).toBe(201);
    const forged = await domain.post('/v1/ledger', { ...note, actor: 'user-governance-lead' });
    expect(forged.status).toBe(422);
    expect((await (await person('analyst')).post('/v1/ledger', note)).status).toBe(403);
    const [entry] = await until(
      () => entries('acute/quarantine/x'),
      (found) => found.length > 0,
    );
    expect(entry).toMatchObject({ actor: 'domain-acute', role: 'domain' });
  });

  it('takes no entry about a decision from a service', async () => {
    const service = governance.as(await clientToken(stack, 'svc-disclosure', 'mesh-api'));
    const forged = { action: 'grant.approved', object: 'grant:abcdefgh' };
    const answer = await service.post('/v1/ledger', forged);
    expect(answer).toMatchObject({ status: 403, body: { code: 'MESH-3703' } });
  });

  it('holds how many sign-ins were refused, and nothing of who they were', async () => {
    const stranger = governance.as('eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LW5hbWU.c2lnbmF0dXJl');
    expect((await stranger.get('/v1/proposals')).status).toBe(401);
    const [entry] = await until(
      () => entries('service:governance'),
      (found) => found.length > 0,
    );
    expect(entry).toMatchObject({
      action: 'sign-in.refused',
      actor: 'svc-governance',
      detail: { code: 'MESH-5202', count: 1 },
    });
    expect(Object.keys(entry?.detail ?? {}).sort()).toEqual(['code', 'count', 'from', 'until']);
  });

  it('is exported to auditors as FHIR AuditEvents too', async () => {
    const answer = await (await person('auditor')).get('/v1/audit/export?format=fhir');
    expect(answer.text).toContain('audit-events.ndjson');
    expect(answer.text).toContain('"resourceType":"AuditEvent"');
  });

  it('is exported to auditors as a tar', async () => {
    const answer = await (await person('auditor')).get('/v1/audit/export');
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('entries.ndjson');
    expect(answer.text).toContain('"action":"domain.accepted"');
    // What streams by is not hashed: a tag would be that of nothing, and the same for another ledger.
    expect(answer.etag).toBeNull();
    expect((await (await person('analyst')).get('/v1/audit/export')).status).toBe(403);
  });
});

describe('what was decided', () => {
  it('is told on the events topic, in Avro', async () => {
    const consumer = new Consumer({
      groupId: 'acute.spec-events',
      clientId: 'spec',
      bootstrapBrokers: stack.kafkaBrokers,
      sasl: {
        mechanism: 'OAUTHBEARER',
        token: () => clientToken(stack, 'domain-acute', 'mesh-kafka'),
      },
    });
    const codec = new SchemaRegistry({ host: stack.registryUrl });
    const stream = await consumer.consume({
      topics: ['mesh.governance-events.v1'],
      mode: 'earliest',
      autocommit: false,
    });
    const told: { id: string; type: string; at: number; data: string }[] = [];
    let headed: Record<string, string> = {};
    for await (const { value, headers } of stream) {
      const event = (await codec.decode(value as Buffer)) as (typeof told)[0];
      told.push(event);
      headed = Object.fromEntries([...headers].map(([name, one]) => [String(name), String(one)]));
      if (event.type === 'version.published' && event.data.includes(PRODUCT)) break;
    }
    await consumer.close(true);
    expect(told.map(({ type }) => type)).toContain('domain.accepted');
    const { id, at } = told.at(-1)!;
    const moment = new Date(at).toISOString();
    const dataschema = headed['ce_dataschema'];
    expect(dataschema).toMatch(/^http.*\/apis\/ccompat\/v7\/schemas\/ids\/\d+$/);
    expect(headed).toEqual({
      ...{ ce_specversion: '1.0', ce_id: id, ce_source: 'urn:caremesh:governance' },
      ...{ ce_type: 'caremesh.mesh.version.published.v1', ce_time: moment },
      ...{ ce_dataschema: dataschema, ce_recordedtime: moment, 'content-type': 'avro/binary' },
    });
  });

  it('stands again after an access rule was made or taken away by hand', async () => {
    const admin = brokerAdmin(stack);
    const rule = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: TOPIC,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:mallory',
      host: '*',
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW,
    };
    await admin.createAcls({ creations: [rule] as never });
    const [drift] = await repaired('principal:mallory');
    expect(drift).toMatchObject({ action: 'drift.repaired', detail: { was: 'not decided' } });
    const anyOf = (principal: string) => ({
      ...{
        resourceType: 1,
        resourceName: null,
        resourcePatternType: 1,
        principal: `User:${principal}`,
      },
      ...{ host: null, operation: 1, permissionType: 1 },
    });
    // A KRaft broker lists from a copy of its own, up to 30 ms behind what its controller has answered on full cores.
    const standing = async (principal: string) => {
      const found = await admin.describeAcls({ filter: anyOf(principal) as never });
      return found.flatMap(({ acls }) => acls);
    };
    await expect.poll(() => standing('mallory'), { timeout: 5_000 }).toEqual([]);
    await admin.deleteAcls({ filters: [anyOf('domain-acute')] as never });
    await until(
      () => entries('principal:domain-acute'),
      (found) => found.filter(({ action }) => action === 'drift.repaired').length >= 5,
      10_000,
    );
    await expect.poll(() => standing('domain-acute'), { timeout: 5_000 }).toHaveLength(5);
    await admin.close();
  });

  it('stands again after a topic setting was changed by hand', async () => {
    const admin = brokerAdmin(stack);
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: TOPIC };
    const SET = IncrementalAlterConfigOperationTypes.SET;
    const configs = [{ name: 'cleanup.policy', configOperation: SET, value: 'delete' }];
    await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs }] });
    const [drift] = await repaired(`topic:${TOPIC}`);
    expect(drift).toMatchObject({
      action: 'drift.repaired',
      detail: { setting: 'cleanup.policy', was: 'delete', is: 'compact' },
    });
    await admin.close();
  });
});

describe('a dead letter topic', () => {
  it('is made for an accepted domain’s consumer, and for nobody else', async () => {
    const domain = governance.as(await clientToken(stack, 'domain-acute', 'mesh-api'));
    const made = await domain.post('/v1/dead-letters', { consumer: 'bed-board' });
    expect(made).toMatchObject({ status: 200, body: { topic: 'acute.dead-letter.bed-board' } });
    expect((await domain.post('/v1/dead-letters', { consumer: '../x' })).status).toBe(422);
    const analyst = await person('analyst');
    expect((await analyst.post('/v1/dead-letters', { consumer: 'mine' })).status).toBe(403);
  });
});

describe('a grant of individual care', () => {
  const asked = {
    product: PRODUCT,
    purpose: 'individual-care',
    legalBasis: '6(1)(e)/9(2)(h)/direct-care',
    organisation: 'QUY',
    until: dayFromNow(200),
    reason: 'Shared care record',
  };
  let grant: Grant;
  let credential: Credential;

  async function granted(): Promise<Grant> {
    const analyst = await person('analyst');
    const { body } = await analyst.post('/v1/grants', asked);
    const { id } = body as Grant;
    for (const user of ['acute-owner', 'caldicott-guardian']) {
      const path = `/v1/grants/${id}/decisions`;
      const answer = await (await person(user)).post(path, { decision: 'approve', reason: 'Yes' });
      expect(answer.status).toBe(200);
    }
    return becoming(id, 'active');
  }

  async function becoming(id: string, state: string): Promise<Grant> {
    const analyst = await person('analyst');
    const shown = await until(
      () => analyst.get(`/v1/grants/${id}`),
      (answer) => (answer.body as Grant).state === state,
    );
    return shown.body as Grant;
  }

  it('reads the product topic, on the Caldicott guardian’s word', async () => {
    grant = await granted();
    const analyst = await person('analyst');
    expect(grant).toMatchObject({ kind: 'individual-care', topics: [{ topic: TOPIC }] });
    credential = (await analyst.post(`/v1/grants/${grant.id}/credentials`)).body;
  });

  it('is refused to an open consumer within five seconds of its revocation', async () => {
    const consumer = new Consumer({
      groupId: `${credential.groupPrefix}spec`,
      clientId: credential.clientId,
      bootstrapBrokers: credential.bootstrap.split(','),
      sasl: { mechanism: 'OAUTHBEARER', token: () => tokenOf() },
      retries: 0,
      // A fetch of a topic where nothing comes is held as long as its client asks, so it is refused that much later.
      maxWaitTime: 1_000,
    });
    const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: false });
    const refused = new Promise<number>((resolve) => {
      stream.on('error', () => resolve(Date.now()));
      stream.resume();
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const owner = await person('acute-owner');
    const asked = Date.now();
    await owner.post(`/v1/grants/${grant.id}/decisions`, { decision: 'revoke', reason: 'Ended' });
    expect((await refused) - asked).toBeLessThan(5_000);
    await consumer.close(true).catch(() => undefined);
    await expect(tokenOf()).rejects.toThrow('no token');
  });

  it('is in the answer to who could read the product that day', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const path = `/v1/audit/access?product=${PRODUCT}&on=${today}`;
    const { body } = await (await person('auditor')).get(path);
    expect((body as { items: unknown[] }).items).toEqual([
      expect.objectContaining({ principal: 'svc-disclosure', topic: `${PRODUCT}.secondary.v1` }),
      expect.objectContaining({ principal: 'svc-care-disclosure', topic: TOPIC }),
      expect.objectContaining({ principal: 'svc-monitor', topic: TOPIC }),
      expect.objectContaining({ grant: grant.id, topic: TOPIC, organisation: 'QUY' }),
    ]);
    const before = await (
      await person('auditor')
    ).get(`/v1/audit/access?product=${PRODUCT}&on=2020-01-01`);
    expect((before.body as { items: unknown[] }).items).toEqual([]);
    // An owner asks about their own products.
    expect((await (await person('acute-owner')).get(path)).body).toEqual(body);
    expect(await (await person('gp-owner')).get(path)).toMatchObject({
      ...{ status: 403, body: { code: 'MESH-5204' } },
    });
  });

  it('is in the record of processing of its organisation, and in no other’s', async () => {
    const auditor = await person('auditor');
    const { text } = await auditor.get('/v1/audit/processing?organisation=QUY');
    const [names, row, ...others] = text.trimEnd().split('\r\n');
    expect(names).toContain('organisation,grant,product,major');
    expect(row).toContain(`QUY,${grant.id},${PRODUCT},1,acute`);
    expect(row).toContain('6(1)(e),9(2)(h),direct-care');
    expect(others).toEqual([]);
    const other = await auditor.get('/v1/audit/processing?organisation=QR1');
    expect(other.text).toBe(`${names}\r\n`);
    const analyst = await person('analyst');
    expect((await analyst.get('/v1/audit/processing')).status).toBe(403);
  });

  it('is on the ledger with what it permitted and what was taken away', async () => {
    // Sealed a moment after it happened, and later while any transaction of the server is open.
    const found = await until(
      () => entries(`grant:${grant.id}`),
      (sealed) => sealed.some(({ action }) => action === 'access.withdrawn'),
    );
    const actions = found.map(({ action }) => action).reverse();
    expect(actions.filter((action) => /^access|activated|revoked/.test(action))).toEqual([
      'grant.activated',
      'access.permitted',
      'grant.revoked',
      'access.withdrawn',
    ]);
  });

  it('tells a fetch that waits nothing of what is written after the revocation', async () => {
    const { id } = await granted();
    const analyst = await person('analyst');
    const own = (await analyst.post(`/v1/grants/${id}/credentials`)).body as Credential;
    const sasl = { mechanism: 'OAUTHBEARER' as const, token: () => tokenOf(own) };
    const consumer = new Consumer({
      groupId: `${own.groupPrefix}waiting`,
      clientId: own.clientId,
      bootstrapBrokers: own.bootstrap.split(','),
      ...{ sasl, retries: 0, maxWaitTime: 25_000 },
    });
    const producer = brokerProducer(stack);
    const write = () =>
      producer.send({ messages: [{ topic: TOPIC, key: 'p.r', value: 'x'.repeat(300) }] });
    const came: unknown[] = [];
    const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: false });
    stream.on('data', (message) => came.push(message)).on('error', () => undefined);
    await write();
    await expect.poll(() => came.length, { timeout: 10_000 }).toBe(1);
    const owner = await person('acute-owner');
    await owner.post(`/v1/grants/${id}/decisions`, { decision: 'revoke', reason: 'Ended' });
    await expect.poll(() => rateOf(`grant-${id}`), { timeout: 5_000 }).toBe(CLOSED.bytesPerSecond);
    await write();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(came).toHaveLength(1);
    await Promise.allSettled([consumer.close(true), producer.close()]);
  });

  it('is suspended with the agreement it rests on, and not asked for again without one', async () => {
    const { id } = await granted();
    const lead = await person('governance-lead');
    const { items } = (await lead.get('/v1/agreements?state=approved')).body as {
      items: { id: string; reference: string }[];
    };
    expect(items).toHaveLength(1);
    const ending = `/v1/agreements/${items[0]!.id}/end`;
    expect((await lead.post(ending, { reason: 'Parted' })).status).toBe(200);
    const { timeline } = (await becoming(id, 'suspended')) as Grant & { timeline: object[] };
    expect(timeline.at(-1)).toMatchObject({
      event: 'suspended',
      actor: 'svc-governance',
      reason: `The joint-controller agreement “${items[0]!.reference}” no longer holds for the organisation.`,
    });
    expect((await (await person('analyst')).post('/v1/grants', asked)).body).toMatchObject({
      code: 'MESH-3502',
      errors: [{ path: '$.organisation', code: 'MESH-3516' }],
    });
  });

  async function rateOf(principal: string): Promise<number | undefined> {
    const admin = brokerAdmin(stack);
    const user = { entityType: 'user' as const, matchType: ClientQuotaMatchTypes.EXACT };
    const components = [{ ...user, match: principal }];
    const [held] = await admin.describeClientQuotas({ components, strict: true });
    await admin.close();
    return held?.values.find(({ key }) => key === 'consumer_byte_rate')?.value;
  }

  async function tokenOf(of = credential): Promise<string> {
    const answer = await fetch(of.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: of.clientId,
        client_secret: of.clientSecret,
      }),
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (!token) throw new Error('no token');
    return token;
  }
});
