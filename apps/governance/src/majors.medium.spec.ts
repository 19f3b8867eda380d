import {
  brokerAdmin,
  clientToken,
  personToken,
  sharedStack,
  testDatabase,
  inSegments,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { ConfigResourceTypes, ListOffsetTimestamps, Producer } from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, filesOf, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const { AclOperationTypes, AclPermissionTypes } = kafkajs;

/** A product of its own, so that no other spec's topics are met. */
const NAME = 'medication-majors';
const PRODUCT = `gp.${NAME}`;
const PATH = `/v1/products/${PRODUCT}`;
const MARKER = 'what is in the first major';
/** 6 seconds: a reader seen in them still uses the major. */
const WINDOW_HOURS = 6 / 3_600;

type Files = Record<string, string>;
type Change = { path: string; class: string; sentence: string; grants: { id: string }[] };
type Review = { changes: Change[]; checks: { name: string; outcome: string; fix: string }[] };
type Grant = {
  id: string;
  state: string;
  topics: object[];
  timeline: { event: string; reason: string }[];
};
type Major = {
  status: string;
  ending: Record<
    'readClosedAt' | 'writeDeniedAt' | 'topicUntil' | 'emptiedAt',
    string | null
  > | null;
  consumers: { grant: string; organisation: string; lastReadAt: string | null }[];
};

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let grant: Grant;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const own = (files: Files) => renamed(files, 'medication-statement', NAME);

/** The version with some text put in the place of another, and the version number that is proposed. */
function edited(files: Files, version: string, file: string, from: string, to: string): Files {
  expect(files[file]).toContain(from);
  const next = { ...files, [file]: files[file]!.replace(from, to) };
  const contract = next['contract.odcs.yaml']!.replace("version: '1.0.0'", `version: '${version}'`);
  return { ...next, 'contract.odcs.yaml': contract };
}

const NARROWED = [
  '                - code: not-taken\n                  meaning: Not consumed\n',
  '',
] as const;

const DOSE = (type: string) =>
  `"name": "doseValue",\n      "doc": "Amount of one dose.",\n      "type": ["null", "${type}"]`;

/** The second major: `status` may no longer be "not-taken". */
function secondMajor(files: Files): Files {
  const narrow = edited(files, '2.0.0', 'contract.odcs.yaml', ...NARROWED);
  const contract = narrow['contract.odcs.yaml']!.replace(`${NAME}:v1`, `${NAME}:v2`).replace(
    `${NAME}.v1`,
    `${NAME}.v2`,
  );
  return { ...narrow, 'contract.odcs.yaml': contract };
}

const published = async (major: number) => {
  const analyst = await person('analyst');
  return until(
    () => analyst.get(PATH),
    ({ body }) => {
      const { majors = [] } = body as {
        majors?: { major: number; versions: { state: string }[] }[];
      };
      return majors.some((one) => one.major === major && one.versions[0]?.state === 'published');
    },
  );
};

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url, {
    MESH_READINGS_EVERY_MS: '200',
    MESH_GRANT_NOTICES_EVERY_MS: '200',
    MESH_READ_WINDOW_HOURS: String(WINDOW_HOURS),
    MESH_RETIRED_GRACE_MS: '1000',
    MESH_RETIRED_TOPIC_HOURS: String(3 / 3_600),
  });
  await approved(person, 'gp/medication-statement/v1', own);
  await published(1);
  grant = await granted();
});
afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

async function granted(): Promise<Grant> {
  const analyst = await person('analyst');
  const asked = await analyst.post('/v1/grants', {
    ...{ product: PRODUCT, major: 1, purpose: 'audit', legalBasis: '6(1)(e)/9(2)(h)/s251' },
    ...{ organisation: 'QUY', fields: ['status', 'doseValue'], reason: 'Audit of doses' },
    until: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10),
  });
  expect(asked.text).toContain('"state":"requested"');
  const { id } = asked.body as Grant;
  for (const role of ['gp-owner', 'ig-lead']) {
    const given = { decision: 'approve', reason: 'Fine' };
    await (await person(role)).post(`/v1/grants/${id}/decisions`, given);
  }
  const shown = await until(
    () => analyst.get(`/v1/grants/${id}`),
    ({ body }) => (body as Grant).state === 'active',
  );
  return shown.body;
}

describe('a change that breaks a consumer', () => {
  const schema = 'schema.avsc';
  it.each([
    [
      'a code list narrowed',
      ['contract.odcs.yaml', ...NARROWED],
      'The code list of `status` is narrowed: "not-taken" no longer accepted, and records that hold it break the contract.',
      true,
    ],
    [
      'a type narrowed',
      [schema, DOSE('double'), DOSE('long')],
      '`doseValue` changes from double to long: consumers of the other version cannot read it.',
      true,
    ],
    [
      'an enum symbol removed',
      [schema, '"RETRACTED", ', ''],
      '`changeType` loses "RETRACTED": records that hold it can no longer be read as they were meant.',
      true,
    ],
    [
      'a field dropped',
      ['contract.odcs.yaml', '      - name: gpPracticeOds', '      - name: gpPracticeOdsCode'],
      'The contract no longer says anything about `gpPracticeOds`.',
      false,
    ],
  ] as const)(
    '%s is told in words, with the grants it touches',
    async (_, edit, sentence, touches) => {
      const [file, from, to] = edit;
      const files = edited(
        own(await filesOf('gp/medication-statement/v1')),
        '1.0.1',
        file,
        from,
        to,
      );
      const answer = await (await person('gp-publisher')).post('/v1/proposals/checks', { files });
      const { changes, checks } = answer.body as Review;
      const change = changes.find((one) => one.sentence === sentence);
      expect(change ?? changes).toMatchObject({ sentence });
      expect(change!.grants.map(({ id }) => id)).toEqual(touches ? [grant.id] : []);
      const step = checks.find(({ name }) => name === 'version-step');
      expect(step).toMatchObject({ outcome: 'failed' });
      expect(step!.fix).toContain('propose it as 2.0.0');
    },
  );
});

describe('a second major', () => {
  it('is proposed with what it breaks for whom, and published beside the first', async () => {
    const proposal = await approved(person, 'gp/medication-statement/v1', (files) =>
      secondMajor(own(files)),
    );
    const told = (proposal as unknown as Review).changes.find(({ path }) => path === 'status');
    expect(told).toMatchObject({ class: 'breaking', grants: [{ id: grant.id }] });
    const { body } = await published(2);
    const { majors } = body as { majors: { topic: string; status: string }[] };
    expect(majors.map(({ topic, status }) => [topic, status])).toEqual([
      [`${PRODUCT}.v1`, 'published'],
      [`${PRODUCT}.v2`, 'published'],
    ]);
    const admin = brokerAdmin(stack);
    expect(await admin.listTopics()).toEqual(
      expect.arrayContaining([`${PRODUCT}.v1`, `${PRODUCT}.v2`]),
    );
    await admin.close();
  });

  it('is told to who reads the first, in words, with its date', async () => {
    const analyst = await person('analyst');
    const event = async () => {
      const { timeline } = (await analyst.get(`/v1/grants/${grant.id}`)).body as Grant;
      return timeline.find((one) => one.event === 'version-published');
    };
    const told = await until(event, (found) => found !== undefined);
    const today = new Date().toISOString().slice(0, 10);
    expect(told?.reason).toMatch(`${PRODUCT} 2.0.0 is published since ${today}. It is of major 2`);
    expect(told?.reason).toContain('The code list of `status` is narrowed');
  });

  it('leaves who reads the first between its domain, who guards the data and each recipient', async () => {
    const seenBy = async (user: string) => {
      const { body } = await (await person(user)).get(`${PATH}/majors/1`);
      const { consumers, others } = body as Major & { others: number };
      return { user, consumers: consumers.map((one) => one.grant), others };
    };
    for (const user of ['gp-owner', 'gp-publisher', 'governance-lead', 'auditor'])
      expect(await seenBy(user)).toEqual({ user, consumers: [grant.id], others: 0 });
    for (const user of ['acute-owner', 'social-care-publisher'])
      expect(await seenBy(user)).toEqual({ user, consumers: [], others: 1 });
  });

  it('is compared with the first by the domain that publishes both, in numbers', async () => {
    const report = {
      ...{ from: 1, to: 2, countedAt: new Date().toISOString(), liveFrom: 3, liveTo: 2 },
      ...{ onlyInFrom: 1, onlyInTo: 0, inBoth: 2, fields: [{ field: 'status', agree: 1 }] },
    };
    const domain = governance.as(await clientToken(stack, 'domain-gp', 'mesh-api'));
    expect(await domain.post(`${PATH}/parity`, report)).toMatchObject({ status: 200 });
    const withValue = { ...report, value: 'x' };
    expect((await domain.post(`${PATH}/parity`, withValue)).status).toBe(422);
    const owner = await person('gp-owner');
    expect((await owner.post(`${PATH}/parity`, report)).status).toBe(403);
    expect((await owner.get(`${PATH}/parity`)).body).toEqual({
      items: [{ product: PRODUCT, ...report }],
      next: null,
    });
  });
});

/** Puts a record of an hour ago into both editions, as their domain would have. */
async function publishMarker(): Promise<void> {
  const producer = new Producer({
    clientId: 'spec',
    bootstrapBrokers: [stack.kafkaInternal.broker],
    sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
  });
  const timestamp = BigInt(Date.now() - 3_600_000);
  await producer.send({
    acks: -1,
    messages: [`${PRODUCT}.v1`, `${PRODUCT}.secondary.v1`].map((topic) => ({
      ...{ topic, partition: 0, timestamp },
      ...{ key: Buffer.from('k'), value: Buffer.from(MARKER) },
    })),
  });
  await producer.close();
}

describe('the first major', () => {
  const notice = () => new Date(Date.now() + 12_000).toISOString();
  const decide = async (user: string, step: string) =>
    (await person(user)).post(`${PATH}/majors/1/decisions`, {
      ...{ decision: 'approve', step, reason: 'Read it' },
    });
  const major = async (): Promise<Major> =>
    (await (await person('gp-owner')).get(`${PATH}/majors/1`)).body;
  let noticeUntil: string;
  let late: Files;
  let underWay: { id: string; contentHash: string };

  it('is deprecated by its owner and a governance lead, and its consumer is told until when', async () => {
    noticeUntil = notice();
    const given = { reason: 'Codes change.', noticeUntil };
    const path = `${PATH}/majors/1/deprecate`;
    expect(await (await person('analyst')).post(path, given)).toMatchObject({
      ...{ status: 403, body: { code: 'MESH-3051' } },
    });
    const owner = await person('gp-owner');
    expect(await owner.post(`${PATH}/majors/1/retire`, { reason: 'Now' })).toMatchObject({
      ...{ status: 409, body: { code: 'MESH-3052' } },
    });
    expect((await owner.post(path, given)).status).toBe(201);
    expect(await owner.post(path, given)).toMatchObject({ body: { code: 'MESH-3053' } });
    expect(await decide('gp-owner', 'deprecate')).toMatchObject({ body: { code: 'MESH-3010' } });
    expect(await decide('governance-lead', 'deprecate')).toMatchObject({
      ...{ status: 200, body: { status: 'deprecated', noticeUntil } },
    });
    const shown = await (await person('analyst')).get(`/v1/grants/${grant.id}`);
    expect((shown.body as Grant).timeline.at(-1)).toMatchObject({
      event: 'notice-given',
      reason: `${PRODUCT} major 1 is deprecated: it is kept at least until ${noticeUntil}. Move to major 2, which is published beside it. Codes change.`,
    });
  });

  it('is not retired while a consumer that was told still reads, who is named', async () => {
    const owner = await person('gp-owner');
    const path = `${PATH}/majors/1/retire`;
    expect(await owner.post(path, { reason: 'Early' })).toMatchObject({
      ...{ status: 409, body: { code: 'MESH-3054' } },
    });
    await until(
      () => major(),
      () => Date.now() > Date.parse(noticeUntil),
    );
    const admin = brokerAdmin(stack);
    await admin.alterConsumerGroupOffsets({
      groupId: `share.${grant.id}.notebook`,
      topics: [
        {
          name: `share.${grant.id}.${PRODUCT}.v1`,
          partitionOffsets: [{ partition: 0, offset: 7n }],
        },
      ],
    });
    await admin.close();
    await until(
      () => major(),
      ({ consumers }) => consumers[0]?.lastReadAt !== null,
    );
    const refused = await owner.post(path, { reason: 'Over' });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'MESH-3055',
        detail: `Still read by QUY (grant ${grant.id})`,
        errors: [{ path: `grant:${grant.id}` }],
      },
    });
  });

  it('may have a version under way when it is retired', async () => {
    const files = { ...own(await filesOf('gp/medication-statement/v1')) };
    const contract = files['contract.odcs.yaml']!.replace("version: '1.0.0'", "version: '1.0.1'");
    const reworded = contract.replace('usage: >-\n', 'usage: >-\n    With a prescriber at hand.\n');
    expect(reworded).not.toBe(contract);
    late = { ...files, 'contract.odcs.yaml': reworded };
    const given = { files: late, reason: 'Said in other words' };
    const { body } = await (await person('gp-publisher')).post('/v1/proposals', given);
    expect(body).toMatchObject({ version: '1.0.1', state: 'proposed' });
    underWay = body;
  });

  it('is retired once nobody has read it for the window', async () => {
    const owner = await person('gp-owner');
    await publishMarker();
    expect(inSegments(stack, `${PRODUCT}.v1`, MARKER)).toBe(true);
    const retired = await until(
      () => owner.post(`${PATH}/majors/1/retire`, { reason: 'All moved' }),
      ({ status }) => status === 201,
      20_000,
    );
    expect(retired.status).toBe(201);
    expect(await decide('governance-lead', 'retire')).toMatchObject({
      body: { status: 'retired' },
    });
    const { body } = await owner.get(PATH);
    const { majors } = body as { majors: { status: string; versions: { state: string }[] }[] };
    expect(majors.map(({ status, versions }) => [status, versions[0]?.state])).toEqual([
      ['retired', 'retired'],
      ['published', 'published'],
    ]);
    const ids = await owner.get(`/v1/approved-schemas?topic=${PRODUCT}.v1`);
    expect(ids.body).toEqual({ items: [], next: null });
    const { timeline, topics } = (await (await person('analyst')).get(`/v1/grants/${grant.id}`))
      .body as Grant;
    expect(timeline.at(-1)).toMatchObject({ event: 'major-retired' });
    // What follows grants, as output ports do, is told so too.
    expect(topics).toMatchObject([{ product: PRODUCT, major: 1, retired: true }]);
  });

  it('has no further version: none is proposed, approved or carried out', async () => {
    const publisher = await person('gp-publisher');
    const { id, contentHash } = underWay;
    const lead = await person('governance-lead');
    const given = { decision: 'approve', contentHash, reason: 'Good' };
    const ended = { status: 409, body: { code: 'MESH-3086' } };
    expect(await lead.post(`/v1/proposals/${id}/decisions`, given)).toMatchObject(ended);
    const other = { ...late, 'README.md': 'Another' };
    expect(
      await publisher.post('/v1/proposals', { files: other, reason: 'One more' }),
    ).toMatchObject(ended);
    // As if it had been approved just before, and waited for a registry that was away.
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`UPDATE proposal SET state = 'approved' WHERE id = $1`, [id]);
    await client.end();
    const failed = await until(
      () => publisher.get(`/v1/proposals/${id}`),
      ({ body }) => (body as { state: string }).state === 'failed',
    );
    expect(failed.body).toMatchObject({ failure: expect.stringMatching(/^MESH-3086 /) });
    expect(await publisher.post(`/v1/proposals/${id}/retry`, { reason: 'Again' })).toMatchObject(
      ended,
    );
    expect((await lead.get(`/v1/approved-schemas?topic=${PRODUCT}.v1`)).body).toEqual({
      ...{ items: [], next: null },
    });
  });

  it('is emptied by the broker, to the last byte of its log segments', async () => {
    const topics = [`${PRODUCT}.v1`, `${PRODUCT}.secondary.v1`];
    await until(
      () => major(),
      ({ ending: stages }) => stages?.emptiedAt !== null,
      20_000,
    );
    const left = await until(
      () => Promise.resolve(topics.filter((topic) => inSegments(stack, topic, MARKER))),
      (some) => some.length === 0,
    );
    expect(left).toEqual([]);
    const admin = brokerAdmin(stack);
    const ends = await admin.listOffsets({
      topics: topics.flatMap((name) => [
        { name, partitions: [{ partitionIndex: 0, timestamp: ListOffsetTimestamps.EARLIEST }] },
      ]),
    });
    await admin.close();
    expect(ends.map(({ partitions: [first] }) => first?.offset)).toEqual([1n, 1n]);
  });

  it('is then read by nobody, written by nobody, and let go of, on the ledger and without any drift', async () => {
    const topics = [`${PRODUCT}.v1`, `${PRODUCT}.secondary.v1`];
    const view = `share.${grant.id}.${PRODUCT}.v1`;
    const { ending } = await until(
      () => major(),
      ({ ending: stages }) => stages?.emptiedAt !== null,
      20_000,
    );
    const { readClosedAt, writeDeniedAt, topicUntil, emptiedAt } = ending!;
    expect([readClosedAt! < writeDeniedAt!, topicUntil! <= emptiedAt!]).toEqual([true, true]);
    const admin = brokerAdmin(stack);
    // Numbers of the protocol: a topic, by its own name, whatever the rest.
    const anyOf = { principal: null, host: null, operation: 1, permissionType: 1 };
    const rules: unknown[] = [];
    for (const resourceName of [...topics, view]) {
      const filter = { resourceType: 2, resourceName, resourcePatternType: 3, ...anyOf };
      for (const { acls } of await admin.describeAcls({ filter: filter as never })) {
        for (const { principal, operation, permissionType } of acls) {
          rules.push([resourceName, principal, operation, permissionType]);
        }
      }
    }
    const denied = ['User:domain-gp', AclOperationTypes.WRITE, AclPermissionTypes.DENY];
    expect(rules).toEqual(topics.map((topic) => [topic, ...denied]));
    const held = await admin.describeConfigs({
      resources: [...topics, view].map((resourceName) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName,
      })),
    });
    expect(
      held.map(({ configs }) => configs.find(({ name }) => name === 'cleanup.policy')?.value),
    ).toEqual(['delete', 'delete', 'delete']);
    await admin.close();
    const auditor = await person('auditor');
    const path = `/v1/audit/entries?object=${encodeURIComponent(`product:${PRODUCT}`)}`;
    const actions = await until(
      async () =>
        ((await auditor.get(path)).body as { items: { action: string }[] }).items.map(
          (one) => one.action,
        ),
      (all) => all.includes('topic.emptied'),
    );
    expect(actions.slice(0, 4)).toEqual([
      ...['topic.emptied', 'access.denied', 'access.withdrawn', 'major.retire-approved'],
    ]);
    // Other specs left topics on this broker that nobody here decided.
    const drift = (await auditor.get('/v1/drift')).body as { items: { object: string }[] };
    expect(drift.items.filter(({ object }) => object.includes(NAME))).toEqual([]);
    const on = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    const access = await auditor.get(`/v1/audit/access?product=${PRODUCT}&on=${on}`);
    const { items } = access.body as { items: { major: number }[] };
    expect(items.filter((one) => one.major === 1)).toEqual([]);
  });
});
