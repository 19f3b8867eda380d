import { dayFromNow, personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreed, approved, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const PRODUCT = 'acute.inpatient-spell';

type Grant = {
  id: string;
  state: string;
  until: string;
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
