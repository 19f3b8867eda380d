import { generateKeyPairSync } from 'node:crypto';
import {
  brokerAdmin,
  dayFromNow,
  personToken,
  seedPerson,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreed, approved, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const PRODUCT = 'acute.inpatient-spell';

type Grant = {
  id: string;
  state: string;
  until: string;
  endsAt: string;
  activatedAt: string | null;
  mayDecide: string[];
  timeline: { event: string; actor: string; reason: string | null }[];
};
type Faults = { code: string; errors: { path: string; code: string }[] };

let stack: TestStack;
let database: TestDatabase;
let governance: Running;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const decide = async (user: string, id: string, given: object) =>
  (await person(user)).post(`/v1/grants/${id}/decisions`, { reason: 'Agreed', ...given });
const shown = async (user: string, id: string) =>
  (await (await person(user)).get(`/v1/grants/${id}`)).body as Grant;
const becoming = (id: string, state: string, user = 'analyst') =>
  until(
    () => shown(user, id),
    (grant) => grant.state === state,
    30_000,
  );
const asked = {
  product: PRODUCT,
  purpose: 'service-planning',
  legalBasis: '6(1)(e)/9(2)(h)/s251',
  organisation: 'QUY',
  fields: 'all',
  until: dayFromNow(200),
  reason: 'Beds',
};

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url, { MESH_GRANT_NOTICES_EVERY_MS: '200' });
  await agreed(person, ['RRK']);
  const { id } = await approved(person, 'acute/inpatient-spell/v1');
  const lead = await person('governance-lead');
  await until(
    () => lead.get(`/v1/proposals/${id}`),
    ({ body }) => (body as Grant).state === 'published',
    60_000,
  );
});

afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

/** The grants on which somebody has to decide, as this person finds them. */
async function waitingFor(user: string): Promise<string[]> {
  const { body } = await (await person(user)).get('/v1/grants?waiting=decision');
  return (body as { items: Grant[] }).items.map(({ id }) => id);
}

describe('asking and deciding', () => {
  let id: string;

  it('takes a template as a draft, with the blanks it has', async () => {
    const analyst = await person('analyst');
    const { body } = await analyst.get('/v1/grants/templates?purpose=service-planning');
    const { items } = body as { items: { request: object }[] };
    expect(items[0]?.request).toMatchObject({ product: null, dpia: null, people: null });
    const draft = await analyst.post('/v1/grants/drafts', items[0]?.request);
    expect(draft).toMatchObject({ status: 201, body: { draft: { purpose: 'service-planning' } } });
    const drafted = (draft.body as Grant & { draft: object }).draft;
    expect(Object.values(drafted).filter((one) => one === null)).toEqual([null]);
    const path = `/v1/grants/${(draft.body as Grant).id}`;
    expect((await analyst.put(`${path}/draft`, items[0]?.request)).status).toBe(200);
    expect((await analyst.post(`${path}/withdraw`, { reason: 'A try' })).status).toBe(200);
  });

  it('writes a draft on until it is whole, and sends it back for changes', async () => {
    const analyst = await person('analyst');
    const draft = await analyst.post('/v1/grants/drafts', { product: PRODUCT, reason: 'Beds' });
    expect(draft).toMatchObject({ status: 201, body: { state: 'draft', steps: [] } });
    ({ id } = draft.body as Grant);
    expect((await (await person('acute-owner')).get(`/v1/grants/${id}`)).status).toBe(404);
    const early = (await analyst.post(`/v1/grants/${id}/submit`)) as { body: Faults };
    expect(early.body.code).toBe('MESH-3520');
    expect(early.body.errors.map(({ path }) => path)).toEqual([
      '$.purpose',
      '$.legalBasis',
      '$.organisation',
      '$.until',
    ]);
    await analyst.put(`/v1/grants/${id}/draft`, asked);
    expect((await analyst.post(`/v1/grants/${id}/submit`)).body).toMatchObject({
      state: 'requested',
      draft: null,
    });
    expect((await decide('acute-owner', id, { decision: 'changes' })).body).toMatchObject({
      state: 'draft',
      steps: [
        { role: 'acute-owner', by: null },
        { role: 'ig-lead', by: null },
      ],
    });
    const people = [{ name: 'Ann Analyst', role: 'Analyst' }];
    await analyst.put(`/v1/grants/${id}/draft`, { ...asked, people });
    const again = await analyst.post(`/v1/grants/${id}/submit`);
    expect(again.body).toMatchObject({ state: 'requested', terms: { people } });
  });

  it('keeps the conditions of its deciders', async () => {
    const conditions = ['No linkage to other data'];
    await decide('acute-owner', id, { decision: 'approve', conditions });
    expect((await decide('ig-lead', id, { decision: 'approve' })).body).toMatchObject({
      state: 'approved',
      conditions: [{ condition: conditions[0], by: 'user-acute-owner', role: 'acute-owner' }],
    });
    expect((await becoming(id, 'active')).state).toBe('active');
  });

  it('extends the grant itself once every step agreed to the later end', async () => {
    const analyst = await person('analyst');
    const credential = (await analyst.post(`/v1/grants/${id}/credentials`)).body as {
      clientId: string;
    };
    const later = { until: dayFromNow(300), reason: 'Winter' };
    const extending = await analyst.post(`/v1/grants/${id}/amendments`, later);
    expect(extending.body).toMatchObject({
      id,
      state: 'active',
      extension: { until: later.until },
    });
    expect((await shown('acute-owner', id)).mayDecide).toEqual(['acute-owner']);
    expect(await waitingFor('acute-owner')).toEqual([id]);
    await decide('acute-owner', id, { decision: 'approve' });
    expect((await decide('ig-lead', id, { decision: 'approve' })).body).toMatchObject({
      state: 'active',
      until: later.until,
      extension: null,
      credentials: [{ clientId: credential.clientId, expires: `${dayFromNow(301)}T00:00:00.000Z` }],
    });
    expect(await waitingFor('acute-owner')).toEqual([]);
  });

  it('makes another view for other fields, which takes the place of the first', async () => {
    const analyst = await person('analyst');
    const nothing = await analyst.post(`/v1/grants/${id}/amendments`, { reason: 'As it is' });
    expect(nothing.body).toMatchObject({ code: 'MESH-3521' });
    const fewer = { fields: 'recordId', reason: 'Less will do' };
    const amendment = (await analyst.post(`/v1/grants/${id}/amendments`, fewer)).body as Grant;
    expect(amendment).toMatchObject({ state: 'requested', amends: id, fields: ['recordId'] });
    for (const user of ['acute-owner', 'ig-lead']) {
      await decide(user, amendment.id, { decision: 'approve' });
    }
    await becoming(amendment.id, 'active');
    const before = await shown('analyst', id);
    // It ends within a day, so that the reminder may already stand behind the amendment.
    expect(before.timeline.map(({ event }) => event)).toContain('amended');
    expect(Date.parse(before.endsAt) - Date.now()).toBeLessThan(25 * 3_600_000);
    await until(
      () => shown('analyst', id),
      ({ timeline }) => timeline.some(({ event }) => event === 'expiring'),
    );
  });

  it('grants by the policy that a lead approved, with nobody asked, and says whose it was', async () => {
    const rule = { name: 'record-ids', purposes: ['audit'], organisations: ['QUY'] };
    const autoGrant = [
      { ...rule, products: [PRODUCT], classifications: ['none'], longestDays: 400 },
    ];
    const demands = { audit: ['dpia'], 'individual-care': ['dpia'] };
    const policy = { autoGrant, demands, reason: 'Low risk' };
    expect((await (await person('analyst')).post('/v1/grant-policies', policy)).status).toBe(403);
    seedPerson(stack, { user: 'policy-author', roles: ['ig-lead'], organisation: 'QUY' });
    const author = await person('policy-author');
    const put = await author.post('/v1/grant-policies', policy);
    const { id: motion, contentHash } = put.body as { id: string; contentHash: string };
    const given = { decision: 'approve', contentHash, reason: 'Yes' };
    const lead = await person('governance-lead');
    expect((await lead.post(`/v1/grant-policies/${motion}/decisions`, given)).body).toMatchObject({
      inForce: true,
    });
    const analyst = await person('analyst');
    const request = { ...asked, purpose: 'audit', fields: 'recordId', until: dayFromNow(30) };
    const bare = (await analyst.post('/v1/grants', request)) as { body: Faults };
    expect(bare.body.errors).toEqual([
      expect.objectContaining({ path: '$.dpia', code: 'MESH-3515' }),
    ]);
    const whole = { ...request, dpia: { reference: 'DPIA-1' } };
    expect((await analyst.post('/v1/grants', whole)).body).toMatchObject({
      state: 'approved',
      autoGranted: { policy: motion, rule: 'record-ids' },
      steps: [{ by: 'svc-governance' }, { by: 'svc-governance' }],
    });
    // Whose policy it is has others decide what they ask for.
    const own = await author.post('/v1/grants', whole);
    expect(own.body).toMatchObject({ state: 'requested', autoGranted: null });
    // That people agreed, so that who opted out is in it, is the requester's word: somebody judges it.
    const consented = { ...whole, legalBasis: '6(1)(e)/9(2)(h)/consent' };
    const judged = await analyst.post('/v1/grants', consented);
    expect(judged.body).toMatchObject({
      ...{ state: 'requested', autoGranted: null, nationalDataOptOut: { applies: false } },
    });
    const { id: waiting } = judged.body as Grant;
    expect((await analyst.post(`/v1/grants/${waiting}/withdraw`, { reason: 'Seen' })).status).toBe(
      200,
    );
  });
});

describe('credentials', () => {
  it('take what may be read with the last of them, and give it back with the next', async () => {
    const analyst = await person('analyst');
    const { items } = (await analyst.get('/v1/grants?state=active')).body as {
      items: (Grant & { credentials: { clientId: string }[] })[];
    };
    const grant = items.find(({ credentials }) => credentials.length === 1);
    const id = grant?.id ?? '';
    const path = `/v1/grants/${id}/credentials`;
    const standing = await rulesOf(id);
    expect(standing).toBeGreaterThanOrEqual(2);
    const second = (await analyst.post(path)).body as { clientId: string };
    const first = grant?.credentials[0]?.clientId ?? '';
    expect((await analyst.delete(`${path}/${first}`)).status).toBe(204);
    await hasRules(id, standing);
    expect((await analyst.delete(`${path}/${second.clientId}`)).status).toBe(204);
    await hasRules(id, 0);
    expect((await analyst.post(path)).status).toBe(201);
    await hasRules(id, standing);
  });

  it('come with ready settings, with the secret in the answer that makes them alone', async () => {
    const analyst = await person('analyst');
    const { items } = (await analyst.get('/v1/grants?state=active')).body as {
      items: (Grant & { credentials: { clientId: string }[] })[];
    };
    const { id = '' } = items.find(({ credentials }) => credentials.length === 1) ?? {};
    const path = `/v1/grants/${id}/credentials`;
    type Ready = { format: string; text: string; fillIn: string | null };
    type Made = { clientId: string; clientSecret: string; settings: Ready[] };
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const refused = await analyst.post(path, { publicKey: jwk, settingsFor: ['node', 'java'] });
    expect(refused).toMatchObject({ status: 422, body: { code: 'MESH-3718' } });
    const made = (await analyst.post(path, { settingsFor: ['python', 'r'] })).body as Made;
    const { clientId, clientSecret } = made;
    expect(made.settings.map(({ format, fillIn }) => [format, fillIn])).toEqual([
      ['python', null],
      ['r', null],
    ]);
    expect(made.settings[0]?.text).toContain(clientSecret);
    const settings = async (user: string, client: string, format: string) =>
      (await person(user)).get(`${path}/${client}/settings?format=${format}`);
    const later = await settings('analyst', clientId, 'python');
    expect(later.body).toEqual({
      ...{ clientId, format: 'python', fillIn: '<client-secret>' },
      text: made.settings[0]?.text.replace(clientSecret, '<client-secret>'),
    });
    expect((await settings('analyst-2', clientId, 'python')).body).toMatchObject({
      code: 'MESH-3501',
    });
    expect((await settings('analyst', clientId, 'perl')).status).toBe(422);
    expect((await analyst.delete(`${path}/${clientId}`)).status).toBe(204);
    expect((await settings('analyst', clientId, 'python')).body).toMatchObject({
      code: 'MESH-3508',
    });
    const key = (await analyst.post(path, { publicKey: jwk })).body as Made;
    const json = (await settings('analyst', key.clientId, 'json')).body as Ready;
    expect(JSON.parse(json.text)).toEqual(key);
    expect((await settings('analyst', key.clientId, 'java')).body).toMatchObject({
      code: 'MESH-3718',
    });
    expect((await analyst.delete(`${path}/${key.clientId}`)).status).toBe(204);
  });

  // A KRaft broker lists from a copy of its own, up to 30 ms behind what its controller has answered on full cores.
  async function hasRules(id: string, count: number): Promise<void> {
    await expect.poll(() => rulesOf(id), { timeout: 5_000 }).toBe(count);
  }

  async function rulesOf(id: string): Promise<number> {
    const admin = brokerAdmin(stack);
    const anything = { resourceType: 1, resourceName: null, resourcePatternType: 1, host: null };
    const filter = { ...anything, principal: `User:grant-${id}`, operation: 1, permissionType: 1 };
    const found = await admin.describeAcls({ filter: filter as never });
    await admin.close();
    return found.flatMap(({ acls }) => acls).length;
  }
});

describe('breaking the glass', () => {
  let id: string;

  it('is for a named role and for individual care alone', async () => {
    const taken = { product: PRODUCT, reason: 'Unconscious in the emergency department' };
    const analyst = await person('analyst');
    expect((await analyst.post('/v1/grants/break-glass', taken)).body).toMatchObject({
      code: 'MESH-3530',
    });
    const clinician = await person('clinician');
    const other = { ...taken, purpose: 'research' };
    expect((await clinician.post('/v1/grants/break-glass', other)).body).toMatchObject({
      code: 'MESH-3531',
    });
    const asked = Date.now();
    // The policy in force demands an impact assessment for care; nobody waits for one here.
    const answer = await clinician.post('/v1/grants/break-glass', taken);
    expect(answer).toMatchObject({
      status: 201,
      body: { kind: 'individual-care', organisation: 'RRK' },
    });
    const grant = answer.body as Grant;
    ({ id } = grant);
    const active = await becoming(id, 'active', 'clinician');
    expect(Date.parse(active.activatedAt ?? '') - asked).toBeLessThan(30_000);
    expect(Date.parse(grant.endsAt) - Date.now()).toBeLessThanOrEqual(4 * 3_600_000);
  });

  it('is reviewed by the Caldicott guardian, and ends at once if it was not justified', async () => {
    const guardian = await person('caldicott-guardian');
    const open = async () =>
      ((await guardian.get('/v1/grants?review=open')).body as { items: Grant[] }).items;
    expect((await open()).map((one) => one.id)).toEqual([id]);
    const review = { outcome: 'not-justified', reason: 'The person was not in our care' };
    expect(
      (await (await person('acute-owner')).post(`/v1/grants/${id}/review`, review)).status,
    ).toBe(403);
    expect((await guardian.post(`/v1/grants/${id}/review`, review)).body).toMatchObject({
      state: 'revoked',
      breakGlass: { review: { outcome: 'not-justified', by: 'user-caldicott-guardian' } },
    });
    expect(await open()).toEqual([]);
    expect((await guardian.post(`/v1/grants/${id}/review`, review)).body).toMatchObject({
      code: 'MESH-3532',
    });
  });
});

describe('use', () => {
  it('is shown to the recipient and the owner, and to nobody else', async () => {
    const analyst = await person('analyst');
    const { items } = (await analyst.get(`/v1/products/${PRODUCT}/use`)).body as {
      items: { grant: string; unused: boolean }[];
    };
    const listed = (await analyst.get(`/v1/grants?product=${PRODUCT}`)).body as { items: Grant[] };
    const live = listed.items.filter(({ state }) => /^(approved|active|suspended)$/.test(state));
    const expected = live.map(({ id }) => ({ grant: id, unused: false })).reverse();
    expect(items.map(({ grant, unused }) => ({ grant, unused }))).toEqual(expected);
    expect(items).not.toEqual([]);
    const id = items[0]?.grant ?? '';
    expect((await analyst.get(`/v1/grants/${id}/use`)).body).toMatchObject({
      grant: id,
      items: [{ lag: null, lastReadAt: null, recordsPassed: 0, schemas: [{ version: '1.0.0' }] }],
    });
    expect((await (await person('acute-owner')).get(`/v1/grants/${id}/use`)).status).toBe(200);
    expect((await (await person('analyst-2')).get(`/v1/grants/${id}/use`)).status).toBe(404);
  });
});

describe('other pseudonyms', () => {
  type View = { topic: string; ready: boolean; generation: number };
  type Renamed = Grant & { topics: View[]; former: (View & { until: string })[] };
  const path = '/v1/pseudonym-key-changes';
  const change = { organisation: 'QUY', purpose: 'service-planning', reason: 'Names were lost' };
  const agreed = async (given: object) => {
    const asking = await (await person('acute-owner')).post(path, given);
    const { id, contentHash } = asking.body as { id: string; contentHash: string };
    const lead = await person('governance-lead');
    return lead.post(`${path}/${id}/decisions`, {
      decision: 'approve',
      contentHash,
      reason: 'Yes',
    });
  };
  const activeFor = async (purpose: string) => {
    const query = `/v1/grants?state=active&purpose=${purpose}`;
    const { items } = (await (await person('analyst')).get(query)).body as { items: Renamed[] };
    return items[0]!.id;
  };
  const renamed = (id: string) =>
    until(
      async () => (await shown('analyst', id)) as Renamed,
      ({ topics }) => topics.every(({ ready, generation }) => ready && generation > 1),
      30_000,
    );

  /** What the grant could read today: each topic, and whether it still can. */
  const readable = async (id: string) => {
    const product = 'acute.inpatient-spell';
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format();
    const query = `/v1/audit/access?product=${product}&on=${today}`;
    type Access = { grant?: string; topic: string; endedAt: string | null };
    const { items } = (await (await person('auditor')).get(query)).body as { items: Access[] };
    return items
      .filter(({ grant }) => grant === id)
      .map(({ topic, endedAt }) => [topic, endedAt === null]);
  };

  it('are asked for by an owner or the information-governance lead, and decided by a lead', async () => {
    expect((await (await person('analyst')).post(path, change)).status).toBe(403);
    expect((await (await person('gp-owner')).post(path, change)).body).toMatchObject({
      code: 'MESH-3708',
    });
    const nobody = { ...change, purpose: 'commissioning' };
    expect((await (await person('ig-lead')).post(path, nobody)).body).toMatchObject({
      code: 'MESH-3706',
    });
    const asked = await (await person('ig-lead')).post(path, change);
    expect(asked).toMatchObject({ status: 201, body: { generation: 2, keepDays: 30 } });
    const { id, contentHash } = asked.body as { id: string; contentHash: string };
    const given = { decision: 'approve', contentHash, reason: 'Yes' };
    const own = await (await person('ig-lead')).post(`${path}/${id}/decisions`, given);
    expect(own.status).toBe(403);
  });

  it('are not asked for twice, but for the same reason; who asked takes it back', async () => {
    const lead = await person('ig-lead');
    const first = await lead.post(path, change);
    const { id } = first.body as { id: string };
    expect((await lead.post(path, change)).body).toMatchObject({ id, state: 'proposed' });
    expect((await (await person('acute-owner')).post(path, change)).body).toMatchObject({
      ...{ code: 'MESH-3091', detail: `It is ${id}, proposed by user-ig-lead` },
    });
    for (const other of [{ reason: 'Another reason' }, { keepDays: 7 }]) {
      expect(await lead.post(path, { ...change, ...other })).toMatchObject({
        ...{ status: 409, body: { code: 'MESH-3715', detail: id } },
      });
    }
    const reason = { reason: 'The file was found' };
    const owner = await person('acute-owner');
    expect(await owner.post(`${path}/${id}/withdraw`, reason)).toMatchObject({
      ...{ status: 403, body: { code: 'MESH-3716' } },
    });
    expect(await lead.post(`${path}/${id}/withdraw`, reason)).toMatchObject({
      ...{ status: 200, body: { id, state: 'withdrawn' } },
    });
    expect((await lead.post(`${path}/${id}/withdraw`, reason)).body).toMatchObject({
      code: 'MESH-3007',
    });
    const again = await lead.post(path, { ...change, reason: 'Another reason' });
    expect(again).toMatchObject({ status: 201, body: { reason: 'Another reason' } });
    const { id: next } = again.body as { id: string };
    expect((await lead.post(`${path}/${next}/withdraw`, reason)).status).toBe(200);
  });

  it('stand beside the former ones until the day that was decided', async () => {
    const id = await activeFor('service-planning');
    expect((await agreed(change)).body).toMatchObject({ state: 'approved', generation: 2 });
    const grant = await renamed(id);
    const [former] = grant.former;
    expect(grant.topics[0]?.topic).toBe(`${former?.topic}.g2`);
    expect(Date.parse(former?.until ?? '') - Date.now()).toBeGreaterThan(29 * 86_400_000);
    expect(grant.timeline.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['pseudonyms-changing', 'pseudonyms-changed']),
    );
    expect(await readable(id)).toEqual([
      [former?.topic, true],
      [`${former?.topic}.g2`, true],
    ]);
    const later = await (await person('analyst')).post('/v1/grants', asked);
    expect((later.body as Renamed).topics[0]?.topic).toMatch(/\.g2$/);
  });

  it('stand alone at once where nobody is to keep the former ones', async () => {
    const id = await activeFor('audit');
    await agreed({ ...change, purpose: 'audit', keepDays: 0 });
    await renamed(id);
    const grant = await until(
      async () => (await shown('analyst', id)) as Renamed,
      ({ timeline }) => timeline.some(({ event }) => event === 'former-view-ended'),
      30_000,
    );
    expect(grant.former).toEqual([]);
    const topic = grant.topics[0]!.topic;
    expect(await readable(id)).toEqual([
      [topic.replace(/\.g2$/, ''), false],
      [topic, true],
    ]);
    const auditor = await person('auditor');
    const drifts = await auditor.get('/v1/drift');
    expect([drifts.status, drifts.text.includes(id)]).toEqual([200, false]);
  });
});
