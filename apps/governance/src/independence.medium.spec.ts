import { dayFromNow, personToken, seedPerson, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf, renamed, startGovernance } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

type Waiting = { id: string; contentHash: string; team: string | null; mayDecide: string[] };

const PRODUCT = 'independent-statement';
const VERSION = 'gp/medication-statement/v1';
/** Publish for gp by a role of their token, which names no team; one is a lead too. */
const COLLEAGUE = 'gp-colleague';
const BOTH = 'gp-colleague-lead';

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let files: Record<string, string>;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const post = async (user: string, path: string, given: object) =>
  (await person(user)).post(path, given);
const decide = (user: string, path: string, { id, contentHash }: Waiting) =>
  post(user, `${path}/${id}/decisions`, { decision: 'approve', contentHash, reason: 'Read it' });

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  seedPerson(stack, { user: COLLEAGUE, roles: ['gp-publisher'] });
  seedPerson(stack, { user: BOTH, roles: ['gp-publisher', 'governance-lead'] });
  governance = await startGovernance(stack, database.url);
  files = renamed(await filesOf(VERSION), 'medication-statement', PRODUCT);
});

afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

describe('what waits for a decision', () => {
  const reason = 'It is needed';
  const until = dayFromNow(60);
  const [check, about] = ['standards-mandated', 'SCCI0052'];
  const waiver = { product: 'gp.independent-waiver', check, about, until, reason };
  const agreement = { reference: 'Record of care', organisations: ['QUY'], until, reason };
  const standard = async () => {
    const { body } = await (await person('analyst')).get('/v1/standards/fhir-uk-core/revisions');
    const { items } = body as { items: { standard: object }[] };
    return { standard: { ...items[0]!.standard, state: 'trial', version: 'STU3' }, reason };
  };

  it.each([
    ['/v1/agreements', ['governance-lead', 'governance-lead-2'], () => agreement],
    ['/v1/grant-policies', ['governance-lead', 'governance-lead-2'], () => ({ reason })],
    ['/v1/standards/proposals', ['governance-lead', 'governance-lead-2'], standard],
    ['/v1/waivers', ['gp-publisher', 'governance-lead'], () => waiver],
    ['/v1/proposals', ['gp-publisher', COLLEAGUE], () => ({ files, reason })],
  ])('at %s is of one proposer, who alone is answered it again', async (path, who, given) => {
    const [first, other] = who as [string, string];
    const asked = await given();
    const made = await post(first, path, asked);
    expect(made.status, made.text).toBe(201);
    const { id } = made.body as Waiting;
    expect(await post(first, path, asked)).toMatchObject({ status: 201, body: { id } });
    expect(await post(other, path, asked)).toMatchObject({
      status: 409,
      body: { code: 'MESH-3091', detail: `It is ${id}, proposed by user-${first}` },
    });
  });
});

describe('who publishes for a domain is of its team', () => {
  it('and decides no version that another of its publishers proposed, themselves or by a deputy', async () => {
    const path = '/v1/proposals';
    const more = renamed(files, PRODUCT, 'independent-record');
    const made = await post(COLLEAGUE, path, { files: more, reason: 'First version' });
    const proposal = made.body as Waiting;
    expect(proposal.team).toBe('gp');
    expect((await (await person(BOTH)).get(`${path}/${proposal.id}`)).body).toMatchObject({
      mayDecide: [],
    });
    expect(await decide(BOTH, path, proposal)).toMatchObject({
      status: 403,
      body: { code: 'MESH-3006' },
    });
    const cover = { role: 'governance-lead', deputy: 'user-analyst-2', until: dayFromNow(7) };
    expect((await post(BOTH, '/v1/covers', { ...cover, reason: 'Away' })).status).toBe(201);
    expect(await decide('analyst-2', path, proposal)).toMatchObject({
      status: 403,
      body: { code: 'MESH-3010' },
    });
    expect((await decide('governance-lead', path, proposal)).status).toBe(200);
  });

  it('and no waiver that another of them asked for', async () => {
    const path = '/v1/waivers';
    const made = await post(COLLEAGUE, path, {
      ...{ product: 'gp.independent-waiver', check: 'standards-mandated', about: 'DCB1605' },
      ...{ until: dayFromNow(60), reason: 'It comes with the next release' },
    });
    const waiver = made.body as Waiting;
    expect(waiver.team).toBe('gp');
    expect(await decide(BOTH, path, waiver)).toMatchObject({ body: { code: 'MESH-3006' } });
    expect((await decide('governance-lead', path, waiver)).status).toBe(200);
  });

  it('nor the quota of the domain', async () => {
    const given = { quota: { bytesPerSecond: 10_000_000, requestPercent: 100 }, reason: 'More' };
    expect(await post(BOTH, '/v1/domains/gp/quota', given)).toMatchObject({
      status: 403,
      body: { code: 'MESH-3006' },
    });
  });
});
