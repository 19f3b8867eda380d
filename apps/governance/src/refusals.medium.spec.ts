import { clientToken, dayFromNow, personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, filesOf, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

const PRODUCT = 'acute.inpatient-spell';

let stack: TestStack;
let database: TestDatabase;
let governance: Running;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));
const client = async (id: string): Promise<Calls> =>
  governance.as(await clientToken(stack, id, 'mesh-api'));
const answered = ({ status, body }: { status: number; body: never }) => [
  status,
  (body as { code?: string }).code,
];

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url);
  const { id } = await approved(person, 'acute/inpatient-spell/v1');
  const lead = await person('governance-lead');
  const { body } = await until(
    () => lead.get(`/v1/proposals/${id}`),
    (answer) => (answer.body as { state: string }).state === 'published',
  );
  expect(body).toMatchObject({ state: 'published' });
});

afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

describe('the ledger takes from a domain', () => {
  const revealed = { action: 'quarantine.revealed', object: 'acute/quarantine/k3v9x2ab' };

  it('what it did itself, with an object of its own', async () => {
    const acute = await client('domain-acute');
    const detail = { by: 'user-acute-publisher', reason: 'Looking', sha256: 'ab'.repeat(32) };
    expect((await acute.post('/v1/ledger', { ...revealed, detail })).status).toBe(201);
    const others = await acute.post('/v1/ledger', { ...revealed, object: 'gp/quarantine/x' });
    expect(answered(others)).toEqual([403, 'MESH-3703']);
  });

  it.each([
    'agreement.approved',
    'grant-policy.approved',
    'pseudonym-key.approved',
    'dead-letter-topic.made',
  ])('no %s, which governance says', async (action) => {
    const given = { action, object: 'acute/quarantine/x' };
    expect(answered(await (await client('domain-acute')).post('/v1/ledger', given))).toEqual([
      403,
      'MESH-3703',
    ]);
  });

  it.each([
    [{ object: 'acute/quarantine/9434765919' }, '$.object'],
    [{ detail: { by: '943 476 5919' } }, '$.detail.by'],
  ])('nobody’s NHS number: %o', async (given, path) => {
    const answer = await (
      await client('domain-acute')
    ).post('/v1/ledger', { ...revealed, ...given });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path, code: 'MESH-3709' }] } });
    expect(answer.text).not.toMatch(/943/);
  });
});

it('a cover names no deputy by an NHS number', async () => {
  const given = {
    role: 'ig-lead',
    deputy: 'user-9434765919',
    until: dayFromNow(5),
    reason: 'Away',
  };
  expect(await (await person('ig-lead')).post('/v1/covers', given)).toMatchObject({
    status: 422,
    body: { errors: [{ path: '$.deputy', code: 'MESH-3709' }] },
  });
});

describe('a grant of somebody else', () => {
  const asked = {
    ...{ product: PRODUCT, purpose: 'service-planning', legalBasis: '6(1)(e)/9(2)(h)/s251' },
    ...{ organisation: 'QUY', fields: 'all', until: dayFromNow(200), reason: 'Beds' },
  };
  const changes = async (user: string, id: string) => {
    const { post, put } = await person(user);
    return [
      await post(`/v1/grants/${id}/amendments`, { reason: 'Longer', until: dayFromNow(300) }),
      await put(`/v1/grants/${id}/draft`, asked),
      await post(`/v1/grants/${id}/submit`),
    ].map(answered);
  };

  it('is unknown to who may not see it, and refused to who may', async () => {
    const { body } = await (await person('analyst')).post('/v1/grants', asked);
    const { id } = body as { id: string };
    for (const stranger of ['analyst-2', 'acute-publisher']) {
      const seen = await (await person(stranger)).get(`/v1/grants/${id}`);
      expect(answered(seen)).toEqual([404, 'MESH-3501']);
      expect(await changes(stranger, id)).toEqual(Array(3).fill([404, 'MESH-3501']));
    }
    expect(await changes('acute-owner', id)).toEqual(Array(3).fill([403, 'MESH-3509']));
  });
});

describe('a product that is none', () => {
  it.each(['', '/health', '/findings', '/parity', '/fields', '/changelog', '/lineage'])(
    'is not found at %s',
    async (path) => {
      const answer = await (await person('analyst')).get(`/v1/products/zzz.nope${path}`);
      expect(answered(answer)).toEqual([404, 'MESH-3011']);
    },
  );

  it.each([...['zzzz', '0', '-1', '1.5', '2', '10000'], ...['2147483648', '99999999999999999999']])(
    'nor is its major %s',
    async (major) => {
      const answer = await (await person('auditor')).get(`/v1/products/${PRODUCT}/majors/${major}`);
      expect(answered(answer)).toEqual([404, 'MESH-3050']);
    },
  );
});

describe('a request with several wrong fields', () => {
  const right = {
    ...{ product: PRODUCT, purpose: 'service-planning', legalBasis: '6(1)(e)/9(2)(h)/s251' },
    ...{ organisation: 'QUY', until: dayFromNow(200), reason: 'Beds' },
  };

  it.each([
    [{ purpose: 'nonsense', legalBasis: 'x' }, ['$.purpose', '$.legalBasis']],
    [
      { purpose: 'nonsense', legalBasis: 'x', organisation: 'QR1' },
      ['$.purpose', '$.organisation', '$.legalBasis'],
    ],
    [{ purpose: 'nonsense', until: '2020-01-01' }, ['$.purpose', '$.until']],
    [{ purpose: 'nonsense', legalBasis: '6(1)(e)/9(2)(h)/direct-care' }, ['$.purpose']],
    [{ until: 'soon', legalBasis: 'x' }, ['$.until', '$.legalBasis']],
    [{ product: undefined, legalBasis: 'x' }, ['$.product', '$.legalBasis']],
    [
      { product: undefined, organisation: 'QR1', until: '2020-01-01' },
      ['$.product', '$.organisation', '$.until'],
    ],
    [
      {
        ...{ product: undefined, organisation: 'QR1', until: '2020-01-01' },
        products: [{ product: PRODUCT, major: 0 }, { product: 'nope.x' }],
      },
      ['$.products[0].major', '$.organisation', '$.until', '$.products[1].product'],
    ],
    [
      {
        ...{ product: undefined, fields: ['zzz'] },
        products: [{ product: PRODUCT, major: 0 }, { product: PRODUCT }],
      },
      ['$.products[0].major', '$.fields[0]'],
    ],
    [{ reason: 7, fields: 'shoeSize', shoe: 1 }, ['$.reason', '$.shoe', '$.fields[0]']],
  ])('is told all of them at once: %o', async (given, paths) => {
    const answer = await (await person('analyst')).post('/v1/grants', { ...right, ...given });
    expect(answer).toMatchObject({ status: 422, body: { code: 'MESH-5120' } });
    const { errors } = answer.body as { errors: { path: string }[] };
    expect([...new Set(errors.map(({ path }) => path))]).toEqual(paths);
  });

  it('is refused for its form where it is no object at all', async () => {
    expect(answered(await (await person('analyst')).post('/v1/grants', []))).toEqual([
      422,
      'MESH-5120',
    ]);
  });
});

describe('a deputy', () => {
  it('of who approved a proposal in one role does not approve it in the other', async () => {
    const files = renamed(
      await filesOf('acute/inpatient-spell/v1'),
      'inpatient-spell',
      'other-stay',
    );
    const { post } = await person('acute-publisher');
    const { body } = await post('/v1/proposals', { files, reason: 'First version' });
    const { id, contentHash } = body as { id: string; contentHash: string };
    // Nobody who is seeded holds both roles: the cover is given by one who does, and the version is one that both decide.
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `INSERT INTO cover (id, role, holder, deputy, reason, from_at, until_at, created_at)
       VALUES ('abcdefgh', 'ig-lead', 'user-governance-lead', 'user-analyst-2', 'Away', now(), now() + interval '1 day', now())`,
    );
    await client.query(
      `UPDATE proposal SET decisions_needed = '{governance-lead,ig-lead}' WHERE id = $1`,
      [id],
    );
    await client.end();
    const deputy = await person('analyst-2');
    const shown = async () => (await deputy.get(`/v1/proposals/${id}`)).body as object;
    expect(await shown()).toMatchObject({ mayDecide: ['ig-lead'] });
    const given = { decision: 'approve', contentHash, reason: 'Good' };
    const decide = async (user: string, role: string) =>
      (await person(user)).post(`/v1/proposals/${id}/decisions`, { ...given, role });
    expect((await decide('governance-lead', 'governance-lead')).status).toBe(200);
    expect(await shown()).toMatchObject({ mayDecide: [] });
    expect(answered(await decide('analyst-2', 'ig-lead'))).toEqual([403, 'MESH-3010']);
    expect((await decide('ig-lead', 'ig-lead')).status).toBe(200);
  });
});
