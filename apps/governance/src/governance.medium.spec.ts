import {
  brokerAdmin,
  clientToken,
  personToken,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

type Proposal = { id: string; state: string; contentHash: string; checks: unknown[] };
type Shown = {
  id: string;
  majors: {
    topic: string;
    secondary: { topic: string } | null;
    versions: { schemaId: number; state: string; decidedBy: string; contentHash: string }[];
  }[];
};
type Grant = {
  id: string;
  state: string;
  waitingFor: string | null;
  topics: { topic: string; ready: boolean; viewSchemaId: number }[];
  timeline: { event: string; actor: string }[];
};

const PRODUCT = 'gp.medication-statement';

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let files: Record<string, string>;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url);
  files = await filesOf('gp/medication-statement/v1');
});

afterAll(async () => {
  await governance?.stop();
  await database?.drop();
});

describe('a version, from proposal to published', () => {
  let proposal: Proposal;

  it('is proposed by a publisher of its domain alone', async () => {
    const other = await person('acute-publisher');
    expect(await other.post('/v1/proposals', { files, reason: 'mine?' })).toMatchObject({
      status: 403,
      body: { code: 'MESH-3003' },
    });
    const publisher = await person('gp-publisher');
    const answer = await publisher.post('/v1/proposals', { files, reason: 'First version' });
    expect(answer.text).toContain('"state":"proposed"');
    expect(answer.status).toBe(201);
    proposal = answer.body;
    expect(proposal).toMatchObject({
      product: PRODUCT,
      version: '1.0.0',
      team: 'gp',
      proposedBy: 'user-gp-publisher',
      state: 'proposed',
    });
  });

  it('refuses unknown fields: no state or team is smuggled in', async () => {
    const publisher = await person('gp-publisher');
    const answer = await publisher.post('/v1/proposals', {
      files,
      reason: 'x',
      state: 'published',
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ path: '$.state', code: 'MESH-5123' }] },
    });
  });

  it('is the same proposal when the same content is proposed again', async () => {
    const publisher = await person('gp-publisher');
    const answer = await publisher.post('/v1/proposals', { files, reason: 'Again' });
    expect((answer.body as Proposal).id).toBe(proposal.id);
  });

  it('is decided only under its hash, with a reason, by somebody who holds the role', async () => {
    const lead = await person('governance-lead');
    const path = `/v1/proposals/${proposal.id}/decisions`;
    const given = { decision: 'approve', reason: 'Read it' };
    expect((await lead.post(path, given)).status).toBe(422);
    const other = `sha256:${'0'.repeat(64)}`;
    expect(await lead.post(path, { ...given, contentHash: other })).toMatchObject({
      status: 409,
      body: { code: 'MESH-3005' },
    });
    const { contentHash } = proposal;
    expect((await lead.post(path, { ...given, contentHash, reason: ' ' })).status).toBe(422);
    for (const user of ['gp-publisher', 'gp-owner', 'analyst']) {
      expect((await (await person(user)).post(path, { ...given, contentHash })).status).toBe(403);
    }
    const service = governance.as(await clientToken(stack, 'svc-disclosure', 'mesh-api'));
    expect((await service.post(path, { ...given, contentHash })).status).toBe(403);
  });

  it('is registered, given topics and rules, and published, once it is approved', async () => {
    const { id, contentHash } = proposal;
    const needed = (proposal as unknown as { decisionsNeeded: string[] }).decisionsNeeded;
    for (const role of needed) {
      const decider = await person(role);
      const given = { decision: 'approve', contentHash, reason: 'Good', role };
      const answer = await decider.post(`/v1/proposals/${id}/decisions`, given);
      expect(answer.text).toContain('"state"');
      expect(answer.status).toBe(200);
    }
    const lead = await person('governance-lead');
    const shown = await until(
      () => lead.get(`/v1/proposals/${id}`),
      ({ body }) => ['published', 'failed'].includes((body as Proposal).state),
    );
    expect(shown.body).toMatchObject({ state: 'published', failure: null });
  });

  it('is in the catalogue for everybody who is signed in, with the id the registry gave', async () => {
    const analyst = await person('analyst');
    const { body } = await analyst.get(`/v1/products/${PRODUCT}`);
    const product = body as Shown;
    const [major] = product.majors;
    expect(major).toMatchObject({
      topic: 'gp.medication-statement.v1',
      subject: 'gp.medication-statement.v1-value',
      secondary: { topic: 'gp.medication-statement.secondary.v1' },
    });
    const { schemaId } = major?.versions[0] ?? { schemaId: 0 };
    const held = await fetch(`${stack.registryUrl}/schemas/ids/${schemaId}`);
    const { schema } = (await held.json()) as { schema: string };
    expect(JSON.parse(schema)).toEqual(JSON.parse(files['schema.avsc'] ?? ''));
    const token = await clientToken(stack, 'svc-governance', 'mesh-registry');
    const config = await fetch(`${stack.registryUrl}/config/gp.medication-statement.v1-value`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await config.json()).toMatchObject({ compatibilityLevel: 'FULL_TRANSITIVE' });
    const list = await analyst.get('/v1/products?q=medication%20nhs&purpose=audit');
    expect((list.body as { items: Shown[] }).items.map(({ id }) => id)).toEqual([PRODUCT]);
    const none = await analyst.get('/v1/products?q=medication&domain=acute');
    expect(none.body).toMatchObject({
      items: [],
      next: null,
      total: 0,
      facets: { domain: [{ value: 'gp', count: 1 }], purpose: [] },
    });
    const approved = await analyst.get('/v1/approved-schemas?topic=gp.medication-statement.v1');
    expect(approved.body).toEqual({ items: [{ schemaId, version: '1.0.0' }], next: null });
  });

  it('is shown version by version, with what each changed, its fields and what feeds it', async () => {
    const analyst = await person('analyst');
    const at = `/v1/products/${PRODUCT}`;
    const version = await analyst.get(`${at}/versions/1.0.0`);
    expect(version.body).toMatchObject({
      version: '1.0.0',
      state: 'published',
      contentHash: proposal.contentHash,
      topic: 'gp.medication-statement.v1',
      decisions: [
        { decision: 'approve', role: 'governance-lead', decidedBy: 'user-governance-lead' },
      ],
      contract: { title: 'Medication statement', owner: { team: 'gp' } },
    });
    expect(version.text).not.toContain('Read it');
    expect(await analyst.get(`${at}/versions/9.9.9`)).toMatchObject({
      status: 404,
      body: { code: 'MESH-3035' },
    });
    const changelog = await analyst.get(`${at}/changelog`);
    expect(changelog.body).toMatchObject({
      items: [
        {
          version: '1.0.0',
          reason: 'First version',
          changes: [{ path: '$', class: 'visible' }],
        },
      ],
      next: null,
    });
    const fields = await analyst.get(`${at}/fields?q=reason&limit=1`);
    expect(fields.body).toMatchObject({ items: [{ product: PRODUCT, path: 'statusReasonText' }] });
    const { next } = fields.body as { next: string };
    expect((await analyst.get(`/v1/fields?q=reason&cursor=${next}`)).status).toBe(200);
    expect((await analyst.get('/v1/fields?cursor=bm9uc2Vuc2U')).status).toBe(422);
    const lineage = await analyst.get(`${at}/lineage`);
    expect(lineage.body).toMatchObject({
      product: PRODUCT,
      downstream: { fields: [], views: { items: [], others: 0 } },
    });
    expect((lineage.body as { upstream: unknown[] }).upstream).toContainEqual({
      field: 'reasonCode',
      from: { kind: 'code-system', system: 'http://snomed.info/sct', version: 'uk-edition' },
    });
    for (const part of ['versions/1.0.0', 'changelog', 'fields', 'lineage', 'odps', 'odcs'])
      expect((await analyst.get(`/v1/products/gp.nothing/${part}`)).status, part).toBe(404);
  });

  it('is told in the words of other standards, its contract byte for byte', async () => {
    const analyst = await person('analyst');
    const at = `/v1/products/${PRODUCT}`;
    expect((await analyst.get(`${at}/odcs`)).text).toBe(files['contract.odcs.yaml']);
    expect((await analyst.get(`${at}/odps`)).body).toMatchObject({
      apiVersion: 'v1.0.0',
      id: `urn:caremesh:${PRODUCT}`,
      outputPorts: [{ name: 'gp.medication-statement.v1' }],
    });
    expect((await analyst.get(`${at}/asyncapi`)).body).toMatchObject({
      asyncapi: '3.0.0',
      servers: { mesh: { host: stack.kafkaBrokers[0] } },
    });
    expect((await analyst.get(`${at}/dcat`)).body).toMatchObject({
      '@type': 'dcat:Dataset',
      'dct:identifier': PRODUCT,
    });
  });

  it('lets the domain write its topics and disclosure read the secondary edition', async () => {
    const admin = brokerAdmin(stack);
    const topics = await admin.metadata({ topics: ['gp.medication-statement.v1'] });
    expect(topics.topics.get('gp.medication-statement.v1')?.partitionsCount).toBe(6);
    await admin.close();
    expect(await clientToken(stack, 'domain-gp', 'mesh-kafka')).toMatch(/^ey/);
  });

  it('cannot be proposed a second time under the same version', async () => {
    const publisher = await person('gp-publisher');
    const changed = { ...files, 'contract.odcs.yaml': `${files['contract.odcs.yaml']}\n# more\n` };
    expect(await publisher.post('/v1/proposals', { files: changed, reason: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'MESH-3009' },
    });
  });
});

describe('a grant of a view, from request to revocation', () => {
  let grant: Grant;
  const request = {
    product: PRODUCT,
    major: 1,
    purpose: 'population-health-management',
    legalBasis: '6(1)(e)/9(2)(h)/s251',
    organisation: 'QUY',
    fields: 'all',
    until: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10),
    reason: 'Polypharmacy',
  };

  it('is requested with every wrong field named', async () => {
    const analyst = await person('analyst');
    const wrong = { ...request, organisation: 'QR1', legalBasis: 'x', fields: 'nhsNumber' };
    const answer = await analyst.post('/v1/grants', wrong);
    expect(answer.status).toBe(422);
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual([
      '$.organisation',
      '$.legalBasis',
      '$.fields[0]',
    ]);
  });

  it('is seen by those concerned and by nobody else', async () => {
    const answer = await (await person('analyst')).post('/v1/grants', request);
    expect(answer.status).toBe(201);
    grant = answer.body;
    expect(grant).toMatchObject({ state: 'requested', kind: 'view' });
    const seen = async (user: string) =>
      (await (await person(user)).get(`/v1/grants/${grant.id}`)).status;
    expect(await seen('gp-owner')).toBe(200);
    expect(await seen('ig-lead')).toBe(200);
    expect(await seen('auditor')).toBe(200);
    expect(await seen('analyst-2')).toBe(404);
    expect(await seen('acute-owner')).toBe(404);
    expect(await seen('caldicott-guardian')).toBe(404);
  });

  it('is decided by the owner, then the information-governance lead, and becomes active', async () => {
    const path = `/v1/grants/${grant.id}/decisions`;
    const approve = { decision: 'approve', reason: 'Fine' };
    const early = await (await person('ig-lead')).post(path, approve);
    expect(early).toMatchObject({ status: 409, body: { code: 'MESH-3506' } });
    const early2 = await (await person('analyst')).post(`/v1/grants/${grant.id}/credentials`);
    expect(early2.status).toBe(409);
    expect((await (await person('analyst')).post(path, approve)).status).toBe(403);
    expect((await (await person('gp-owner')).post(path, approve)).status).toBe(200);
    expect((await (await person('ig-lead')).post(path, approve)).status).toBe(200);
    const analyst = await person('analyst');
    const shown = await until(
      () => analyst.get(`/v1/grants/${grant.id}`),
      ({ body }) => (body as Grant).state === 'active',
    );
    grant = shown.body;
    expect(grant).toMatchObject({
      state: 'active',
      waitingFor: null,
      topics: [{ topic: `share.${grant.id}.gp.medication-statement.v1`, ready: true }],
    });
    expect(grant.timeline.map(({ event }) => event)).toEqual([
      'requested',
      'approved-in-part',
      'approved',
      'activated',
    ]);
    const disclosure = governance.as(await clientToken(stack, 'svc-disclosure', 'mesh-api'));
    const views = await disclosure.get('/v1/grants?state=active&kind=view');
    expect((views.body as { items: Grant[] }).items.map(({ id }) => id)).toEqual([grant.id]);
    const viewsSeenBy = async (user: string) => {
      const { body } = await (await person(user)).get(`/v1/products/${PRODUCT}/lineage`);
      return (body as { downstream: { views: object } }).downstream.views;
    };
    expect(await viewsSeenBy('analyst')).toMatchObject({
      items: [{ grant: grant.id, organisation: 'QUY', topic: grant.topics[0]?.topic }],
      others: 0,
    });
    expect(await viewsSeenBy('analyst-2')).toEqual({ items: [], others: 1 });
  });

  it('gives its requester two credentials at most, each secret shown once', async () => {
    const analyst = await person('analyst');
    const path = `/v1/grants/${grant.id}/credentials`;
    expect((await (await person('gp-owner')).post(path)).status).toBe(403);
    const [one, two, three] = [
      await analyst.post(path),
      await analyst.post(path),
      await analyst.post(path),
    ];
    expect([one.status, two.status, three.status]).toEqual([201, 201, 409]);
    const made = one.body as { clientId: string; clientSecret: string; tokenUrl: string };
    expect(made).toMatchObject({
      audience: 'mesh-kafka',
      securityProtocol: 'SASL_PLAINTEXT',
      saslMechanism: 'OAUTHBEARER',
      groupPrefix: `share.${grant.id}.`,
      topics: [grant.topics[0]?.topic],
    });
    expect((await analyst.get(`/v1/grants/${grant.id}`)).text).not.toContain(made.clientSecret);
    expect((await tokenOf(made)).status).toBe(200);
    const gone = (two.body as { clientId: string }).clientId;
    expect((await analyst.delete(`${path}/${gone}`)).status).toBe(204);
    expect((await analyst.delete(`${path}/${gone}`)).status).toBe(404);
    const third = await analyst.post(path);
    expect(third.status).toBe(201);
  });

  it('ends at once when it is revoked', async () => {
    const owner = await person('gp-owner');
    const answer = await owner.post(`/v1/grants/${grant.id}/decisions`, {
      decision: 'revoke',
      reason: 'Agreement ended',
    });
    expect(answer).toMatchObject({ status: 200, body: { state: 'revoked', credentials: [] } });
    const again = await owner.post(`/v1/grants/${grant.id}/decisions`, {
      decision: 'revoke',
      reason: 'Again',
    });
    expect(again.status).toBe(409);
  });

  it('expires by itself', async () => {
    const analyst = await person('analyst');
    const until2 = new Date(Date.now() + 5_000).toISOString();
    const { body } = await analyst.post('/v1/grants', { ...request, until: until2 });
    const { id } = body as Grant;
    const shown = await until(
      () => analyst.get(`/v1/grants/${id}`),
      (one) => (one.body as Grant).state === 'expired',
    );
    expect(shown.body).toMatchObject({ state: 'expired' });
  });
});

async function tokenOf(credential: { clientId: string; clientSecret: string; tokenUrl: string }) {
  return fetch(credential.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: credential.clientId,
      client_secret: credential.clientSecret,
    }),
  });
}

describe('organisations', () => {
  type Organisation = { ods: string; state: string; successors: unknown[] };
  const list = async (query: string) =>
    (await (await person('analyst')).get(`/v1/organisations${query}`)).body as {
      items: Organisation[];
      next: string | null;
    };

  it('are found by name, misspelt too, and by code, page after page', async () => {
    const odsOf = async (q: string) =>
      (await list(`?q=${encodeURIComponent(q)}`)).items.map(({ ods }) => ods);
    expect(await odsOf('gloucestershire hospitals')).toEqual(['RTE']);
    expect(await odsOf('glocestershire hospitels')).toEqual(['RTE', 'RWP']);
    expect((await list('?q=quy')).items).toMatchObject([{ ods: 'QUY', state: 'open' }]);
    const first = await list('?kind=integrated-care-board&limit=40');
    expect((await list(`?kind=integrated-care-board&cursor=${first.next}`)).items).toHaveLength(2);
    expect((await list('?kind=integrated-care-board&on=2026-04-01')).items).toHaveLength(30);
  });

  it('say where they stand on a day and what came after them', async () => {
    const analyst = await person('analyst');
    expect((await analyst.get('/v1/organisations/QNX?on=2026-03-31')).body).toMatchObject({
      state: 'open',
      opened: '2022-07-01',
      closed: '2026-04-01',
    });
    expect((await analyst.get('/v1/organisations/QNX?on=2026-04-01')).body).toMatchObject({
      state: 'closed',
      successors: [{ ods: null, name: 'NHS SURREY AND SUSSEX INTEGRATED CARE BOARD' }],
    });
    expect(await analyst.get('/v1/organisations/QNX?on=2026-02-30')).toMatchObject({ status: 422 });
    expect(await analyst.get('/v1/organisations/ZZZ')).toMatchObject({
      status: 404,
      body: { code: 'MESH-3036' },
    });
  });
});
