import { dayFromNow, personToken, seedPerson, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreed, approved, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const PRODUCT = 'acute.inpatient-spell';
const QUOTA = { bytesPerSecond: 1_048_576, requestPercent: 20 };

type Grant = {
  id: string;
  state: string;
  until: string;
  quota: object;
  activatedAt: string | null;
  conditions: object[];
  terms: object;
  extension: object | null;
  timeline: { event: string; role: string }[];
};
type Entry = { action: string; detail: object };

let stack: TestStack;
let database: TestDatabase;
let governance: Running;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const post = async (user: string, path: string, given: object) =>
  (await person(user)).post(`/v1/grants${path}`, { reason: 'Said so', ...given });
const decide = (user: string, id: string, decision: string) =>
  post(user, `/${id}/decisions`, { decision });
const shown = async (id: string) =>
  (await (await person('analyst')).get(`/v1/grants/${id}`)).body as Grant;
const becoming = (id: string, state: string) =>
  until(
    () => shown(id),
    (grant) => grant.state === state,
  );
const agreement = (reference: string, days: number) => ({ reference, until: dayFromNow(days) });
const asked = {
  ...{ product: PRODUCT, purpose: 'service-planning', organisation: 'QUY', fields: 'all' },
  ...{ legalBasis: '6(1)(e)/9(2)(h)/s251', until: dayFromNow(100), reason: 'Beds' },
  agreement: agreement('DSA-1', 120),
};

async function granted(given: object = {}): Promise<string> {
  const { id } = (await post('analyst', '', { ...asked, ...given })).body as Grant;
  for (const user of ['acute-owner', 'ig-lead']) {
    expect((await decide(user, id, 'approve')).status).toBe(200);
  }
  await becoming(id, 'active');
  return id;
}

async function inDatabase(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** What the ledger says of an action; sealed a moment after it happened. */
async function ledgered(id: string, action: string): Promise<object | undefined> {
  const auditor = await person('auditor');
  const found = async () => {
    const { body } = await auditor.get(`/v1/audit/entries?limit=1000&object=grant:${id}`);
    return (body as { items: Entry[] }).items.find((one) => one.action === action);
  };
  return (await until(found, (entry) => entry !== undefined, 20_000))?.detail;
}

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
  );
});

afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

describe('a later end', () => {
  const papers = { agreement: agreement('DSA-2', 400), dpia: { reference: 'DPIA-2' } };
  const later = { until: dayFromNow(300), ...papers };
  const amend = (id: string, given: object) => post('analyst', `/${id}/amendments`, given);
  let id: string;

  beforeAll(async () => {
    id = await granted();
  });

  it('can be sent back for changes, and taken back by who asked, and asked for again', async () => {
    await amend(id, later);
    const changes = await decide('acute-owner', id, 'changes');
    expect(changes.body).toMatchObject({ state: 'active', extension: null });
    await amend(id, later);
    expect((await post('acute-owner', `/${id}/withdraw`, {})).status).toBe(403);
    const withdrawn = await post('analyst', `/${id}/withdraw`, {});
    expect(withdrawn).toMatchObject({ status: 200, body: { state: 'active', extension: null } });
    expect((await post('analyst', `/${id}/withdraw`, {})).body).toMatchObject({
      code: 'MESH-3506',
      detail: expect.stringContaining('revoke') as string,
    });
    const events = (await shown(id)).timeline.map(({ event }) => event);
    expect(events.filter((event) => event.startsWith('extension'))).toEqual([
      ...['extension-asked', 'extension-changes-requested'],
      ...['extension-asked', 'extension-withdrawn'],
    ]);
    expect(await ledgered(id, 'grant.extension-withdrawn')).toMatchObject({ until: later.until });
  });

  it('brings its papers: shown to who decides, on the ledger, and agreed with it', async () => {
    expect((await amend(id, later)).body).toMatchObject({
      extension: { until: later.until, terms: papers },
      terms: { agreement: asked.agreement },
    });
    expect(await ledgered(id, 'grant.extension-asked')).toMatchObject({ terms: papers });
    await decide('acute-owner', id, 'approve');
    const extended = await decide('ig-lead', id, 'approve');
    expect(extended.body).toMatchObject({ until: later.until, extension: null, terms: papers });
    expect(await ledgered(id, 'grant.extended')).toMatchObject({ terms: papers });
    // Measured by the agreement that holds now.
    const further = await amend(id, { until: dayFromNow(350) });
    expect(further).toMatchObject({ status: 201, body: { extension: { terms: {} } } });
  });

  it('has its conditions and its quota, which come to nothing with it', async () => {
    const attached = { conditions: ['Only for winter'], quota: { ...QUOTA, requestPercent: 70 } };
    const { quota } = await shown(id);
    const attach = () =>
      post('acute-owner', `/${id}/decisions`, { decision: 'approve', ...attached });
    const condition = { condition: 'Only for winter', by: 'user-acute-owner', role: 'acute-owner' };
    expect((await attach()).body).toMatchObject({
      ...{ conditions: [], quota },
      extension: { conditions: [condition], quota: attached.quota },
    });
    const refused = await decide('ig-lead', id, 'refuse');
    expect(refused.body).toMatchObject({ extension: null, conditions: [], quota });
    await amend(id, { until: dayFromNow(350) });
    await attach();
    const extended = await decide('ig-lead', id, 'approve');
    expect(extended.body).toMatchObject({ conditions: [condition], quota: attached.quota });
    // One that still waits when the grant ends, further down.
    expect((await amend(id, { until: dayFromNow(360) })).status).toBe(201);
  });

  it('alone has something attached with its approval, and so has a first one', async () => {
    const given = { decision: 'suspend', conditions: ['No linkage'], quota: QUOTA };
    const answer = await post('ig-lead', `/${id}/decisions`, given);
    expect(answer).toMatchObject({
      ...{ status: 422, body: { errors: [{ path: '$.quota' }, { path: '$.conditions' }] } },
    });
    expect(await shown(id)).toMatchObject({ state: 'active' });
  });

  it('is measured from the beginning of the grant, though nobody said when that was', async () => {
    const old = await granted();
    const days = (count: number) =>
      `now() ${count < 0 ? '-' : '+'} interval '${Math.abs(count)} days'`;
    await inDatabase(
      `UPDATE access_grant SET starts_at = ${days(-700)}, from_text = to_char(${days(-700)}, 'YYYY-MM-DD'),
        asked = asked || jsonb_build_object('reviewOn', to_char(${days(-5)}, 'YYYY-MM-DD')) WHERE id = '${old}'`,
    );
    expect((await amend(old, { until: dayFromNow(60) })).body).toMatchObject({
      errors: [{ path: '$.until', message: 'A grant lasts at most 731 days.' }],
    });
    // The review that was said when it was asked for is past, and no fault of the later end.
    expect((await amend(old, { until: dayFromNow(20) })).body).toMatchObject({
      extension: { until: dayFromNow(20) },
    });
  });

  it('waits no longer once its grant ended', async () => {
    expect(await decide('analyst', id, 'suspend')).toMatchObject({ status: 403 });
    const revoked = await decide('analyst', id, 'revoke');
    expect(revoked).toMatchObject({ status: 200, body: { state: 'revoked', extension: null } });
    expect((await shown(id)).timeline.at(-1)).toMatchObject({
      ...{ event: 'revoked', role: 'requester' },
    });
  });

  it('is measured by the end that the grant has, also where another takes its place', async () => {
    const first = await granted();
    const fewer = { fields: 'recordId' };
    const { id: second } = (await amend(first, fewer)).body as Grant;
    for (const user of ['acute-owner', 'ig-lead']) await decide(user, second, 'approve');
    await becoming(second, 'active');
    const again = await amend(first, { until: asked.until });
    expect(again).toMatchObject({
      status: 201,
      body: { id: first, extension: { until: asked.until } },
    });
  });
});

describe('what was suspended', () => {
  it('is renewed by the role that suspended it alone', async () => {
    const id = await granted();
    expect((await decide('ig-lead', id, 'suspend')).body).toMatchObject({
      ...{ state: 'suspended', suspendedAs: 'ig-lead' },
    });
    expect(await decide('acute-owner', id, 'renew')).toMatchObject({
      ...{ status: 403, body: { code: 'MESH-3720' } },
    });
    expect((await decide('ig-lead', id, 'renew')).body).toMatchObject({ suspendedAs: null });
    await becoming(id, 'active');
  });
});

describe('individual care outside the mesh’s own services', () => {
  const care = {
    ...{ purpose: 'individual-care', legalBasis: '6(1)(e)/9(2)(h)/direct-care' },
    ...{ organisation: 'RRK', agreement: undefined },
  };
  const asking = async () =>
    ((await post('clinician', '', { ...asked, ...care })).body as Grant).id;
  const seen = async (id: string) =>
    (await (await person('clinician')).get(`/v1/grants/${id}`)).body as Grant;
  const becomes = (id: string, state: string) =>
    until(
      () => seen(id),
      (grant) => grant.state === state,
    );
  const lapsed = { status: 409, body: { code: 'MESH-3722' } };

  /** Ends the agreements in force. */
  async function endAgreements(): Promise<void> {
    const guardian = await person('caldicott-guardian');
    const { body } = await guardian.get('/v1/agreements?state=approved');
    for (const { id } of (body as { items: { id: string }[] }).items)
      await guardian.post(`/v1/agreements/${id}/end`, { reason: 'Over' });
  }

  it('is approved, and given back, under an agreement in force alone', async () => {
    const id = await asking();
    await decide('acute-owner', id, 'approve');
    await endAgreements();
    expect(await decide('caldicott-guardian', id, 'approve')).toMatchObject(lapsed);
    await agreed(person, ['RRK'], { reference: 'Shared care anew' });
    const approval = await decide('caldicott-guardian', id, 'approve');
    expect(approval.body).toMatchObject({ jointControllers: 'Shared care anew' });
    expect((await becomes(id, 'active')).state).toBe('active');
    await endAgreements();
    expect((await becomes(id, 'suspended')).state).toBe('suspended');
    expect(await decide('caldicott-guardian', id, 'renew')).toMatchObject(lapsed);
    // It reaches to the last day of the grant, and no later end does under it.
    await agreed(person, ['RRK'], { reference: 'Shared care again', until: asked.until });
    const renewal = await decide('caldicott-guardian', id, 'renew');
    expect(renewal.body).toMatchObject({ jointControllers: 'Shared care again' });
    expect((await becomes(id, 'active')).state).toBe('active');
    const later = () => post('clinician', `/${id}/amendments`, { until: dayFromNow(110) });
    expect((await later()).body).toMatchObject({ errors: [{ code: 'MESH-3516' }] });
    await agreed(person, ['RRK'], { reference: 'Shared care for long' });
    expect(await later()).toMatchObject({ status: 201 });
    await decide('acute-owner', id, 'approve');
    const extended = await decide('caldicott-guardian', id, 'approve');
    expect(extended.body).toMatchObject({
      ...{ until: dayFromNow(110), jointControllers: 'Shared care for long' },
    });
  });
});

describe('somebody whose team changes', () => {
  const team = (of: string | null) =>
    seedPerson(stack, { user: 'mover', roles: ['analyst'], organisation: 'QUY', team: of });
  const move = (path: string, given: object) => post('mover', path, given);

  it('is of the team they are on when they submit, and when they ask for a later end', async () => {
    team(null);
    const { id } = (await move('/drafts', asked)).body as Grant;
    team('acute');
    await move(`/${id}/submit`, {});
    const own = { status: 403, body: { code: 'MESH-3503' } };
    expect(await decide('acute-owner', id, 'approve')).toMatchObject(own);
    await move(`/${id}/withdraw`, {});
    team(null);
    const { id: later } = (await move('', asked)).body as Grant;
    for (const user of ['acute-owner', 'ig-lead']) await decide(user, later, 'approve');
    team('acute');
    await move(`/${later}/amendments`, { until: dayFromNow(110) });
    expect(await decide('acute-owner', later, 'approve')).toMatchObject(own);
  });
});

describe('a review', () => {
  it('is found from its day on, and moved to a day that lies ahead', async () => {
    const id = await granted({ from: dayFromNow(-10), reviewOn: dayFromNow(0) });
    const due = async () => {
      const { body } = await (await person('ig-lead')).get('/v1/grants?review=due');
      return (body as { items: Grant[] }).items.map((one) => one.id);
    };
    expect(await due()).toEqual([id]);
    const review = (reviewOn: string) =>
      post('ig-lead', `/${id}/review`, { outcome: 'justified', reviewOn });
    for (const day of [0, 200]) {
      expect((await review(dayFromNow(day))).body).toMatchObject({
        errors: [{ path: '$.reviewOn', code: 'MESH-3512' }],
      });
    }
    expect((await review(dayFromNow(50))).body).toMatchObject({ reviewOn: dayFromNow(50) });
    expect(await due()).toEqual([]);
  });
});

describe('what was refused', () => {
  it('is asked for again with nothing left of what was decided on it', async () => {
    const { id, quota } = (await post('analyst', '', asked)).body as Grant;
    const given = { decision: 'approve', conditions: ['No linkage'], quota: QUOTA };
    expect((await post('acute-owner', `/${id}/decisions`, given)).body).toMatchObject({
      ...{ quota: QUOTA, conditions: [{ condition: 'No linkage' }] },
    });
    await decide('ig-lead', id, 'refuse');
    const { draft } = (await (await person('analyst')).get(`/v1/grants/${id}`)).body as {
      draft: object;
    };
    await (await person('analyst')).put(`/v1/grants/${id}/draft`, draft);
    const again = await post('analyst', `/${id}/submit`, {});
    expect(again.body).toMatchObject({ state: 'requested', conditions: [], quota });
  });

  it('holds the request, and says by which commands it is asked for again', async () => {
    const { id } = (await post('analyst', '', asked)).body as Grant;
    const refused = await decide('acute-owner', id, 'refuse');
    expect(refused.body).toMatchObject({ state: 'refused', draft: { agreement: asked.agreement } });
    expect((await post('analyst', `/${id}/submit`, {})).body).toMatchObject({
      code: 'MESH-3506',
      detail: expect.stringContaining('mesh grant edit') as string,
    });
  });
});

describe('emergency access', () => {
  it('stands before whatever else was approved', async () => {
    const waiting: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const request = { ...asked, from: dayFromNow(1) };
      const { id } = (await post('analyst', '', request)).body as Grant;
      for (const user of ['acute-owner', 'ig-lead']) await decide(user, id, 'approve');
      waiting.push(id);
    }
    await inDatabase(
      `UPDATE access_grant SET starts_at = now() WHERE id IN (${waiting.map((id) => `'${id}'`).join()})`,
    );
    const taken = { product: PRODUCT, reason: 'Another one at the same door' };
    const { id: emergency } = (await post('clinician', '/break-glass', taken)).body as Grant;
    const activation = async (id: string, user: string) => {
      const { body } = await until(
        async () => (await person(user)).get(`/v1/grants/${id}`),
        (answer) => (answer.body as Grant).state === 'active',
      );
      return Date.parse((body as Grant).activatedAt ?? '');
    };
    const others = await Promise.all(waiting.map((id) => activation(id, 'analyst')));
    expect(await activation(emergency, 'clinician')).toBeLessThan(Math.max(...others));
  });

  it('is seen by who took it and who guards the data, not by whoever may take it', async () => {
    seedPerson(stack, { user: 'clinician-2', roles: ['care-professional'], organisation: 'RRK' });
    const taken = { product: PRODUCT, reason: 'Unconscious at the door' };
    const { id } = (await post('clinician', '/break-glass', taken)).body as Grant;
    const finds = async (user: string) => {
      const calls = await person(user);
      const { items } = (await calls.get('/v1/grants?review=open')).body as { items: Grant[] };
      return [(await calls.get(`/v1/grants/${id}`)).status, items.some((one) => one.id === id)];
    };
    for (const user of ['clinician', 'caldicott-guardian', 'ig-lead', 'acute-owner'])
      expect([user, ...(await finds(user))]).toEqual([user, 200, true]);
    expect(await finds('clinician-2')).toEqual([404, false]);
  });

  it('is refused for longer than there is, which is said', async () => {
    for (const hours of [4.5, 30]) {
      const taken = { product: PRODUCT, reason: 'Unconscious at the door', hours };
      expect(await post('clinician', '/break-glass', taken)).toMatchObject({
        status: 422,
        body: {
          errors: [{ path: '$.hours', message: 'Emergency access lasts at most 4 hours.' }],
        },
      });
    }
  });
});
