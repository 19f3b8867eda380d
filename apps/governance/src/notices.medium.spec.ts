import { avroType, noticesSchema } from '@caremesh/contract';
import { brokerAdmin, dayFromNow, personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { AclOperations, Consumer, MessagesStreamModes, ResourceTypes } from '@platformatic/kafka';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, filesOf, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const NAME = `spell-${Date.now().toString(36)}`;
const VERSION = 'acute/inpatient-spell/v1';

type Shown = { id: string; state: string; notices: string };
type Credential = {
  clientId: string;
  clientSecret: string;
  tokenUrl: string;
  bootstrap: string;
  groupPrefix: string;
};
type Notice = { type: string; sentence: string; data: string };
type Told = { version: string; major: number; changes: object[] };

/** What a recipient is told of a change: not whom else it touches. */
const CHANGED = {
  ...{ path: '$.description', class: 'visible' },
  sentence:
    'The product tells in other words of its use: consumers should check what that means for them.',
};

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let grant: Shown;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const isPublished = async (id: string) => {
  const lead = await person('governance-lead');
  await until(
    () => lead.get(`/v1/proposals/${id}`),
    ({ body }) => (body as Shown).state === 'published',
  );
};

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url, { MESH_GRANT_NOTICES_EVERY_MS: '200' });
  const first = await approved(person, VERSION, (files) => renamed(files, 'inpatient-spell', NAME));
  await isPublished(first.id);
  const analyst = await person('analyst');
  const { body } = await analyst.post('/v1/grants', {
    ...{ product: `acute.${NAME}`, purpose: 'service-planning', organisation: 'QUY' },
    ...{ legalBasis: '6(1)(e)/9(2)(h)/s251', fields: 'wardCode,admissionAt' },
    ...{ until: dayFromNow(200), reason: 'Beds' },
  });
  const { id } = body as Shown;
  for (const user of ['acute-owner', 'ig-lead']) {
    const decision = { decision: 'approve', reason: 'Agreed' };
    await (await person(user)).post(`/v1/grants/${id}/decisions`, decision);
  }
  grant = await until(
    async () => (await analyst.get(`/v1/grants/${id}`)).body as Shown,
    ({ state }) => state === 'active',
  );
});

afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

/** The first notices of the grant, read with its own credential by a client of the recipient's. */
async function told(count: number): Promise<{ headers: Map<string, string>; notice: Notice }[]> {
  const made = await (await person('analyst')).post(`/v1/grants/${grant.id}/credentials`);
  const { clientId, clientSecret, tokenUrl, bootstrap, groupPrefix } = made.body as Credential;
  const token = async () => {
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
    });
    const answer = await fetch(tokenUrl, { method: 'POST', body });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  const consumer = new Consumer({
    ...{ clientId, groupId: `${groupPrefix}notices`, bootstrapBrokers: bootstrap.split(',') },
    sasl: { mechanism: 'OAUTHBEARER', token },
  });
  const mode = MessagesStreamModes.EARLIEST;
  const stream = await consumer.consume({ topics: [grant.notices], mode });
  const all: { headers: Map<string, string>; notice: Notice }[] = [];
  for await (const { value, headers } of stream) {
    const notice = avroType(noticesSchema(grant.id)).fromBuffer(value.subarray(5)) as Notice;
    all.push({ headers: new Map([...headers].map(([k, v]) => [String(k), String(v)])), notice });
    if (all.length === count) break;
  }
  await consumer.close(true);
  return all;
}

/** More than are read at once, on a topic that takes none. */
async function manyWaitForNothing(): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `INSERT INTO event_outbox (type, subject, topic, data, created_at)
     SELECT type, subject, 'no topic!', data, created_at FROM event_outbox, generate_series(1, 150)
      WHERE topic = $1`,
    [grant.notices],
  );
  await client.end();
}

describe('a recipient', () => {
  it('is told of a new version of the product in words, with its date, by an event of their own', async () => {
    await manyWaitForNothing();
    const files = renamed(await filesOf(VERSION), 'inpatient-spell', NAME);
    const next = await approved(person, VERSION, () => ({
      ...files,
      'contract.odcs.yaml': files['contract.odcs.yaml']!.replace(
        "version: '1.0.0'",
        "version: '1.0.1'",
      ).replaceAll('who is in hospital now, since when', 'who is in hospital'),
    }));
    await isPublished(next.id);
    const [active, version] = await told(2);
    expect(active?.notice).toMatchObject({
      type: 'grant.activated',
      sentence: 'The grant is active: its topics can be read.',
    });
    const today = new Date().toISOString().slice(0, 10);
    expect(version?.notice).toMatchObject({
      type: 'grant.version-published',
      sentence: `acute.${NAME} 1.0.1 is published since ${today}. Nothing changes in the fields of this grant. ${CHANGED.sentence}`,
    });
    const { version: published, major, changes } = JSON.parse(version!.notice.data) as Told;
    expect({ published, major, changes }).toEqual({
      published: '1.0.1',
      major: 1,
      changes: [CHANGED],
    });
    expect(version?.headers.get('ce_type')).toBe('caremesh.mesh.grant.version-published.v1');
  });

  it('is told by governance, which may write there and nowhere else among views', async () => {
    const admin = brokerAdmin(stack);
    const filter = {
      ...{ resourceType: ResourceTypes.TOPIC, resourceName: null, resourcePatternType: 1 },
      ...{ principal: 'User:svc-governance', host: null, permissionType: 1 },
      operation: AclOperations.WRITE,
    };
    const rules = await admin.describeAcls({ filter: filter as never });
    await admin.close();
    const written = rules.map(({ resourceName }) => resourceName);
    expect(written.filter((name) => name.startsWith(`share.${grant.id}.`))).toEqual([
      `share.${grant.id}.notices.v1`,
    ]);
    expect(written.filter((name) => !/^share\.[a-z0-9]+\.notices\.v1$/.test(name))).toEqual([
      'mesh.governance-events.v1',
    ]);
  });
});
