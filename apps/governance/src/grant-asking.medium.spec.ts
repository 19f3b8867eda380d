import { dayFromNow, personToken, seedPerson, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreed, approved, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const PRODUCT = 'acute.inpatient-spell';

type Grant = { id: string; state: string; reason: string };
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
  governance = await startGovernance(stack, database.url);
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

const endIn = (client: pg.Client, id: string, interval: string) =>
  client.query(`UPDATE access_grant SET ends_at = now() + $2::interval WHERE id = $1`, [
    ...[id, interval],
  ]);

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return client;
}

describe('what is asked', () => {
  it('is taken from many at once: nobody waits for a connection while holding one', async () => {
    const analyst = await person('analyst');
    // More than governance has connections.
    const asking = Array.from({ length: 30 }, () => analyst.post('/v1/grants', asked));
    const answers = await Promise.all(asking);
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(201));
    const ids = answers.map(({ body }) => (body as Grant).id);
    for (const id of ids)
      await analyst.post(`/v1/grants/${id}/withdraw`, { reason: 'Asked often' });
  });

  it('does not end on its day where a later end is being written', async () => {
    const analyst = await person('analyst');
    const [longer, other] = [
      (await analyst.post('/v1/grants', asked)).body as Grant,
      (await analyst.post('/v1/grants', asked)).body as Grant,
    ];
    const [writing, looking] = await Promise.all([connected(), connected()]);
    await endIn(looking, longer.id, '3 s');
    await writing.query('BEGIN');
    await endIn(writing, longer.id, '90 days');
    // Whoever ends grants sees the earlier end, and waits for the later one.
    await until(
      () =>
        looking.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      ({ rowCount }) => rowCount === 1,
      20_000,
    );
    await writing.query('COMMIT');
    await endIn(looking, other.id, '0 s');
    await until(
      () => shown('analyst', other.id),
      ({ state }) => state === 'expired',
      20_000,
    );
    expect((await shown('analyst', longer.id)).state).toBe('requested');
    await Promise.all([writing.end(), looking.end()]);
    await analyst.post(`/v1/grants/${longer.id}/withdraw`, { reason: 'Seen' });
  });

  it('is refused for an organisation that is closed by now, however early it would begin', async () => {
    const early = { ...asked, organisation: 'QH8', from: '2026-03-01', until: dayFromNow(30) };
    const { body } = (await (await person('analyst')).post('/v1/grants', early)) as {
      body: Faults;
    };
    expect(body.errors).toContainEqual(
      expect.objectContaining({ path: '$.organisation', code: 'MESH-3514' }),
    );
  });

  it('shows who decides where the contract states another legal basis', async () => {
    const analyst = await person('analyst');
    const other = { ...asked, legalBasis: '6(1)(e)/9(2)(i)/statute' };
    const { id } = (await analyst.post('/v1/grants', other)).body as Grant;
    const contract = { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 's251' };
    const legalBasisDiffers = [{ product: PRODUCT, major: 1, contract }];
    const owner = await person('acute-owner');
    const { items } = (await owner.get('/v1/grants')).body as { items: Grant[] };
    expect(await shown('acute-owner', id)).toMatchObject({ legalBasisDiffers });
    expect(items.filter((one) => 'legalBasisDiffers' in one).map((one) => one.id)).toEqual([id]);
    await analyst.post(`/v1/grants/${id}/withdraw`, { reason: 'Seen' });
  });

  it('is read as a draft as far as it goes, and shows nothing of what was asked before', async () => {
    const analyst = await person('analyst');
    const { id } = (await analyst.post('/v1/grants', asked)).body as Grant;
    await decide('acute-owner', id, { decision: 'refuse' });
    const draft = { product: PRODUCT, purpose: asked.purpose, fields: 'shoeSize' };
    const { legalBasis } = asked;
    const edited = await analyst.put(`/v1/grants/${id}/draft`, { ...draft, legalBasis });
    expect(edited.body).toMatchObject({
      ...{ state: 'draft', products: [], fields: [] },
      legalBasis: { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 's251' },
    });
    await analyst.put(`/v1/grants/${id}/draft`, { ...draft, reason: 'Beds' });
    const { body } = (await analyst.post(`/v1/grants/${id}/submit`)) as { body: Faults };
    expect(body.errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      '$.legalBasis MESH-3520',
      '$.organisation MESH-3520',
      '$.until MESH-3520',
      '$.fields[0] MESH-3604',
    ]);
  });

  it('is what stands in the draft when it is submitted, also where that is being written', async () => {
    const analyst = await person('analyst');
    const { id } = (await analyst.post('/v1/grants/drafts', asked)).body as Grant;
    const [holder, watcher] = await Promise.all([connected(), connected()]);
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM access_grant WHERE id = $1 FOR UPDATE', [id]);
    const waiting = async (count: number) => {
      const text = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await until(
        () => watcher.query(text),
        ({ rows }) => rows.length >= count,
      );
    };
    const written = analyst.put(`/v1/grants/${id}/draft`, { ...asked, reason: 'Beds in winter' });
    await waiting(1);
    const submitted = analyst.post(`/v1/grants/${id}/submit`);
    await waiting(2);
    await holder.query('COMMIT');
    expect([(await written).status, (await submitted).status]).toEqual([200, 200]);
    expect(await shown('analyst', id)).toMatchObject({
      ...{ state: 'requested', reason: 'Beds in winter' },
    });
    await Promise.all([holder.end(), watcher.end()]);
    await analyst.post(`/v1/grants/${id}/withdraw`, { reason: 'Seen' });
  });

  it('names no person by number, and no agreement that is over rests beside it', async () => {
    const named = { ...asked, reason: 'patient 943 476 5919 collapsed' };
    const refused = (await (await person('analyst')).post('/v1/grants', named)) as {
      body: Faults;
      text: string;
    };
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ path: '$.reason', code: 'MESH-3709' }),
    ]);
    expect(refused.text).not.toContain('943');
    const agreement = { reference: 'DSA-9', organisations: ['RRK', 'QH8'], until: '2020-12-05' };
    const guardian = await person('caldicott-guardian');
    const over = await guardian.post('/v1/agreements', { ...agreement, reason: 'Shared care' });
    expect(over.body).toMatchObject({
      code: 'MESH-3712',
      errors: [
        { path: '$.until', code: 'MESH-3713' },
        { path: '$.organisations[1]', code: 'MESH-3514' },
      ],
    });
  });
});

describe('individual care of the people of some organisations', () => {
  it('is a view under the product’s own schema, and nothing that nobody decided', async () => {
    const narrowedTo = { organisations: ['A20047'] };
    const care = { purpose: 'individual-care', legalBasis: '6(1)(e)/9(2)(h)/direct-care' };
    const clinician = await person('clinician');
    const request = {
      ...asked,
      ...care,
      organisation: 'RRK',
      until: dayFromNow(30),
      narrowedTo,
    };
    const { id } = (await clinician.post('/v1/grants', request)).body as Grant;
    for (const user of ['acute-owner', 'caldicott-guardian']) {
      await decide(user, id, { decision: 'approve' });
    }
    const grant = await until(
      () => shown('clinician', id),
      ({ state }) => state === 'active',
      30_000,
    );
    expect(grant).toMatchObject({
      organisations: [
        { ods: 'RRK', name: expect.stringContaining('BIRMINGHAM') as string, state: 'open' },
        { ods: 'A20047', name: null, state: 'unknown' },
      ],
      ...{ kind: 'individual-care', narrowedTo },
      topics: [
        {
          ...{ topic: `share.${id}.${PRODUCT}.v1`, ready: true },
          viewSchemaId: expect.any(Number) as number,
        },
      ],
    });
    const drifts = await (await person('auditor')).get('/v1/drift');
    expect([drifts.status, drifts.text.includes(id)]).toEqual([200, false]);
  });
});

describe('what the policy in force grants with nobody asked', () => {
  it('is decided by others where the requester proposed the same policy once, though they took it back', async () => {
    const rule = { name: 'record-ids', purposes: ['audit'], organisations: ['QUY'] };
    const autoGrant = [{ ...rule, products: [PRODUCT], longestDays: 400 }];
    const policy = { autoGrant, reason: 'Low risk' };
    seedPerson(stack, { user: 'earlier-author', roles: ['ig-lead'], organisation: 'QUY' });
    const earlier = await person('earlier-author');
    const path = '/v1/grant-policies';
    type Put = { id: string; contentHash: string };
    const first = (await earlier.post(path, policy)).body as Put;
    expect((await earlier.post(`${path}/${first.id}/end`, { reason: 'Another may' })).body).toEqual(
      expect.objectContaining({ state: 'withdrawn' }),
    );
    const { id, contentHash } = (await (await person('caldicott-guardian')).post(path, policy))
      .body as Put;
    expect(contentHash).toBe(first.contentHash);
    const lead = await person('governance-lead');
    const decision = { decision: 'approve', contentHash, reason: 'Yes' };
    expect((await lead.post(`${path}/${id}/decisions`, decision)).body).toMatchObject({
      inForce: true,
    });
    const request = { ...asked, purpose: 'audit', fields: 'recordId', until: dayFromNow(30) };
    expect((await (await person('analyst')).post('/v1/grants', request)).body).toMatchObject({
      ...{ state: 'approved', autoGranted: { policy: id, rule: 'record-ids' } },
    });
    expect((await earlier.post('/v1/grants', request)).body).toMatchObject({
      ...{ state: 'requested', autoGranted: null },
    });
  });
});
