import { personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, filesOf, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

type Proposal = {
  id: string;
  state: string;
  contentHash: string;
  decisionsNeeded: string[];
  overdue: boolean;
  changedSince: { proposal: string; changes: { path: string; sentence: string }[] } | null;
  decisions: { role: string; decidedBy: string }[];
};

type Decidable = { id: string; mayDecide: string[] };

const PRODUCT = 'bound-statement';
const VERSION = 'gp/medication-statement/v1';

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let files: Record<string, string>;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const contract = 'contract.odcs.yaml';

/** The proposal that waits for a decision. */
async function firstOpen(): Promise<Proposal> {
  const { body } = await (await person('governance-lead')).get('/v1/proposals?state=proposed');
  return (body as { items: Proposal[] }).items[0]!;
}

/** The files as a later version, with a change in the contract's text. */
function version(to: string, from: string, by: string) {
  const text = files[contract]!.replace("version: '1.0.0'", `version: '${to}'`);
  return { ...files, [contract]: text.replace(from, by) };
}

async function proposed(by: string, given: Record<string, string>, reason = 'Later version') {
  const { body, text } = await (await person(by)).post('/v1/proposals', { files: given, reason });
  expect(text).toContain('"state"');
  return body as Proposal;
}

const decision = ({ contentHash }: Proposal, role?: string) => ({
  decision: 'approve',
  contentHash,
  reason: 'Read it',
  ...(role ? { role } : {}),
});

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url, { MESH_DECIDE_WITHIN_DAYS: '5' });
  files = renamed(await filesOf(VERSION), 'medication-statement', PRODUCT);
  const first = await approved(person, VERSION, (all) =>
    renamed(all, 'medication-statement', PRODUCT),
  );
  const lead = await person('governance-lead');
  await until(
    () => lead.get(`/v1/proposals/${first.id}`),
    ({ body }) => (body as Proposal).state === 'published',
  );
});

afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

describe('a version that changes nothing but words', () => {
  it('waits for a person where they may mean something else', async () => {
    const opposite = version('1.0.1', 'Says what was recorded and ordered, not', 'Complete: also');
    const proposal = await proposed('gp-publisher', opposite);
    expect(proposal.state).toBe('proposed');
    const publisher = await person('gp-publisher');
    const given = { reason: 'A slip' };
    const withdrawn = await publisher.post(`/v1/proposals/${proposal.id}/withdraw`, given);
    expect(withdrawn).toMatchObject({ body: { state: 'withdrawn' } });
  });

  it('is not even proposed where they name a person', async () => {
    const named = version('1.0.1', 'Says what was', 'Says of NHS number 500/000/0013 what was');
    const given = { files: named, reason: 'Later version' };
    const answer = await (await person('gp-publisher')).post('/v1/proposals', given);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      errors: [{ code: 'MESH-1755', path: 'contract.odcs.yaml#description.limitations' }],
    });
    expect(answer.text).not.toContain('0013');
  });

  it('is approved by the policy that names such changes, and recorded as that', async () => {
    const only = version('1.0.1', 'Individual care: medicines', 'Individual care; medicines');
    const proposal = await proposed('gp-publisher', only);
    expect(proposal.state).toBe('approved');
    const { body } = await (await person('governance-lead')).get(`/v1/proposals/${proposal.id}`);
    expect((body as Proposal).decisions).toMatchObject([
      { role: 'policy', decidedBy: 'policy:documentation-only', decision: 'approve' },
    ]);
  });
});

describe('a conversation about a proposal', () => {
  it('leads to another, which says what it changes against the first', async () => {
    const wider = version('1.1.0', 'PT15M', 'PT30M');
    const first = await proposed('gp-publisher', wider, 'Later is enough');
    const lead = await person('governance-lead');
    const path = `/v1/proposals/${first.id}`;
    const said = await lead.post(`${path}/comments`, { text: 'Why later?', path: '$.sla' });
    expect(said).toMatchObject({ status: 201, body: { author: 'user-governance-lead' } });
    expect((await (await person('analyst')).get(`${path}/comments`)).status).toBe(404);
    const asked = await lead.post(`${path}/decisions`, {
      ...decision(first),
      decision: 'changes',
      reason: 'Keep the promise as it is',
    });
    expect(asked).toMatchObject({ status: 200, body: { state: 'draft' } });
    const again = await proposed('gp-publisher', version('1.1.0', 'PT15M', 'PT20M'), 'Nearly');
    const { body } = await lead.get(`/v1/proposals/${again.id}`);
    expect((body as Proposal).changedSince).toMatchObject({ proposal: first.id });
    expect((body as Proposal).changedSince!.changes.map(({ path }) => path)).toEqual([
      '$.freshness',
    ]);
    expect((await lead.get(path)).body).toMatchObject({ state: 'superseded', comments: 1 });
  });
});

describe('cover', () => {
  let proposal: Proposal;

  beforeAll(async () => {
    proposal = (
      (await (await person('governance-lead')).get('/v1/proposals?state=proposed')).body as {
        items: Proposal[];
      }
    ).items[0]!;
  });

  it('is given by who holds the role, to somebody else, for a time', async () => {
    const given = {
      role: 'governance-lead',
      deputy: 'user-analyst-2',
      until: soon(),
      reason: 'Away',
    };
    expect((await (await person('analyst')).post('/v1/covers', given)).body).toMatchObject({
      code: 'MESH-3070',
    });
    const lead = await person('governance-lead');
    expect((await lead.post('/v1/covers', { ...given, until: '2020-01-01' })).body).toMatchObject({
      code: 'MESH-3071',
    });
    expect(await lead.post('/v1/covers', given)).toMatchObject({
      status: 201,
      body: { inForce: true, holder: 'user-governance-lead' },
    });
  });

  it('shows the deputy what they may decide, and lets them until it is ended, and nobody else', async () => {
    const path = `/v1/proposals/${proposal.id}`;
    expect(
      (await (await person('analyst')).post(`${path}/decisions`, decision(proposal))).status,
    ).toBe(403);
    const deputy = await person('analyst-2');
    const { items } = (await deputy.get('/v1/covers')).body as { items: { id: string }[] };
    const open = (await deputy.get('/v1/proposals?state=proposed')).body as { items: Decidable[] };
    expect(open.items.map(({ id, mayDecide }) => [id, mayDecide])).toContainEqual([
      proposal.id,
      ['governance-lead'],
    ]);
    expect((await deputy.get(path)).body).toMatchObject({ mayDecide: ['governance-lead'] });
    const answer = await deputy.post(`${path}/decisions`, decision(proposal, 'governance-lead'));
    expect(answer).toMatchObject({
      status: 200,
      body: { decisions: [{ decidedBy: 'user-analyst-2', role: 'governance-lead' }] },
    });
    expect((await deputy.get(path)).body).toMatchObject({ mayDecide: [] });
    expect(await deputy.delete(`/v1/covers/${items[0]!.id}`)).toMatchObject({ status: 200 });
    const next = await proposed('gp-publisher', version('1.2.0', 'PT15M', 'PT45M'));
    const late = await deputy.post(`/v1/proposals/${next.id}/decisions`, decision(next));
    expect(late.status).toBe(403);
    expect((await deputy.get(`/v1/proposals/${next.id}`)).status).toBe(404);
  });

  it('of an owner shows the deputy the grants that wait for that owner', async () => {
    const asked = await (
      await person('analyst')
    ).post('/v1/grants', {
      ...{ product: `gp.${PRODUCT}`, major: 1, purpose: 'audit', organisation: 'QUY' },
      ...{ legalBasis: { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 's251' } },
      ...{ fields: 'all', until: soon(), reason: 'Audit of prescribing' },
    });
    expect(asked).toMatchObject({ status: 201, body: { mayDecide: [] } });
    const { id } = asked.body as { id: string };
    const deputy = await person('community-owner');
    expect((await deputy.get(`/v1/grants/${id}`)).status).toBe(404);
    const cover = {
      role: 'gp-owner',
      deputy: 'user-community-owner',
      until: soon(),
      reason: 'Away',
    };
    expect((await (await person('gp-owner')).post('/v1/covers', cover)).status).toBe(201);
    const { items } = (await deputy.get('/v1/grants')).body as { items: Decidable[] };
    expect(items.map((one) => [one.id, one.mayDecide])).toEqual([[id, ['gp-owner']]]);
    const given = { decision: 'approve', reason: 'Right' };
    expect(await deputy.post(`/v1/grants/${id}/decisions`, given)).toMatchObject({
      status: 200,
      body: { steps: [{ role: 'gp-owner', by: 'user-community-owner' }, {}], mayDecide: [] },
    });
  });
});

describe('a request', () => {
  it('under a key is carried out once, and answered alike', async () => {
    const token = await personToken(stack, 'governance-lead');
    const { items } = (await (await person('governance-lead')).get('/v1/proposals?state=proposed'))
      .body as { items: Proposal[] };
    const path = `/v1/proposals/${items[0]!.id}/comments`;
    const keyed = { 'idempotency-key': 'k-1' };
    const lead = governance.as(token, keyed);
    const first = await lead.post(path, { text: 'Once' });
    const second = await lead.post(path, { text: 'Once' });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect((await lead.post(path, { text: 'Twice' })).body).toMatchObject({ code: 'MESH-3073' });
    expect((await (await person('governance-lead')).get(path)).body).toMatchObject({
      items: [{ text: 'Once' }],
    });
  });

  it('based on what has changed is refused', async () => {
    const token = await personToken(stack, 'governance-lead');
    const lead = governance.as(token);
    const { items } = (await lead.get('/v1/proposals?state=proposed')).body as {
      items: Proposal[];
    };
    const path = `/v1/proposals/${items[0]!.id}`;
    const { etag } = await lead.get(path);
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    const based = governance.as(token, { 'if-match': etag! });
    expect((await based.post(`${path}/comments`, { text: 'Still so' })).status).toBe(201);
    expect(await based.post(`${path}/comments`, { text: 'And now?' })).toMatchObject({
      status: 412,
      body: { code: 'MESH-3077' },
    });
  });
});

describe('a proposal past its promised day', () => {
  it('is shown as overdue, and its deciders are reminded once a day', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `UPDATE proposal SET decide_by = now() - interval '1 hour' WHERE state = 'proposed'`,
    );
    const lead = await person('governance-lead');
    const { items } = (await lead.get('/v1/proposals?state=proposed')).body as {
      items: Proposal[];
    };
    expect(items.map(({ overdue }) => overdue)).toEqual([true]);
    await governance.remind(new Date());
    await governance.remind(new Date());
    const told = await client.query(
      `SELECT subject FROM event_outbox WHERE type = 'proposal.overdue'`,
    );
    expect(told.rows).toEqual([{ subject: `proposal:${items[0]!.id}` }]);
    await client.end();
  });
});

describe('a request with text that nobody could store', () => {
  it.each([
    ['/v1/waivers/%00', 404],
    ['/v1/standards/%00', 404],
    ['/v1/standards/proposals/%00', 404],
    ['/v1/products/%00/parity', 404],
    ['/v1/proposals/%00/comments', 404],
    ['/v1/drift?object=%00', 422],
    ['/v1/standards?q=%00', 422],
    ['/v1/waivers?product=%00', 422],
  ])('%s is answered with %s', async (path, status) => {
    const { body } = await (await person('governance-lead')).get(path);
    const code = status === 404 ? 'MESH-5111' : 'MESH-5120';
    expect(body).toMatchObject({ status, code });
  });

  it.each(['a\u0000b', 'a\ud800b'])('names the reason %j', async (reason) => {
    const lead = await person('governance-lead');
    for (const path of ['/v1/grants', '/v1/grants/drafts', '/v1/covers', '/v1/proposals']) {
      const { body } = await lead.post(path, { reason });
      expect(body).toMatchObject({
        ...{ status: 422, code: 'MESH-5120' },
        errors: [{ path: '$.reason', code: 'MESH-5125' }],
      });
    }
  });
});

describe('two requests', () => {
  it('under one key, of which the first failed after it committed something, are answered alike', async () => {
    const token = await personToken(stack, 'gp-publisher');
    const publisher = governance.as(token, { 'idempotency-key': 'k-refused' });
    const example = Object.keys(files).find((path) => /^examples\/[^/]+\.json$/.test(path))!;
    const faulty = { ...version('1.4.0', 'PT15M', 'PT55M'), [example]: '{}' };
    const given = { files: faulty, reason: 'Refused by the checks' };
    const [first, second] = [
      await publisher.post('/v1/proposals', given),
      await publisher.post('/v1/proposals', given),
    ];
    expect(first).toMatchObject({ status: 422, body: { code: 'MESH-3002' } });
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `SELECT status FROM idempotent_answer WHERE key = 'k-refused'`,
    );
    await client.end();
    expect(rows).toEqual([{ status: 422 }]);
    const nothing = { text: 'Of nothing' };
    const path = '/v1/proposals/abcdefghijkl/comments';
    expect((await publisher.post(path, nothing)).body).toMatchObject({ code: 'MESH-3073' });
    const other = governance.as(token, { 'idempotency-key': 'k-freed' });
    expect((await other.post(path, nothing)).status).toBe(404);
    const open = `/v1/proposals/${(await firstOpen()).id}/comments`;
    // Nothing was committed: the key is free, for another request too.
    expect((await other.post(open, nothing)).status).toBe(201);
  });

  it('based on the same are not both carried out, and the other is told that it is stale', async () => {
    const open = await firstOpen();
    const path = `/v1/proposals/${open.id}`;
    const leads = await Promise.all(
      ['governance-lead', 'governance-lead-2'].map(async (user) => {
        const token = await personToken(stack, user);
        const { etag } = await governance.as(token).get(path);
        return governance.as(token, { 'if-match': etag! });
      }),
    );
    const given = { ...decision(open), decision: 'refuse' };
    const answers = await Promise.all(leads.map((lead) => lead.post(`${path}/decisions`, given)));
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([200, 412]);
  });
});

function soon(): string {
  return new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
}
