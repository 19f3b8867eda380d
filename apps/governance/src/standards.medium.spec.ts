import { dayFromNow, personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, filesOf, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

type Standard = Record<string, unknown> & { id: string; revision: number; contentHash: string };
type Proposed = {
  id: string;
  state: string;
  contentHash: string;
  changes: { path: string; sentence: string }[];
  reaches: { product: string; demand: string; conforms: boolean }[];
};
type Check = { name: string; severity: string; outcome: string; waiver?: { id: string } };
type Problem = { code: string; errors: { path: string; code: string }[] };
type Listed<T> = { items: T[]; next: string | null };

let stack: TestStack;
let database: TestDatabase;
let governance: Running;
let sql: pg.Client;

const person = async (user: string): Promise<Calls> =>
  governance.as(await personToken(stack, user));

/** An entry of the catalogue as a lead sends it back: without what the catalogue adds. */
async function entryOf(id: string): Promise<Record<string, unknown>> {
  const { body } = await (await person('analyst')).get(`/v1/standards/${id}/revisions`);
  return (body as Listed<{ standard: Record<string, unknown> }>).items[0]!.standard;
}

async function revised(id: string, change: Record<string, unknown>): Promise<Proposed> {
  const lead = await person('governance-lead');
  const standard = { ...(await entryOf(id)), ...change };
  const { body } = await lead.post('/v1/standards/proposals', { standard, reason: 'It changed' });
  return body;
}

const decide = (who: Calls, path: string, hash: string, decision = 'approve') =>
  who.post(`${path}/decisions`, { decision, contentHash: hash, reason: 'Read and agreed' });

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  governance = await startGovernance(stack, database.url);
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});

afterAll(async () => {
  await sql?.end();
  await governance?.stop();
  await database?.drop();
});

describe('the standards catalogue', () => {
  it('is there from the start, marked as seeded, on the ledger once', async () => {
    const analyst = await person('analyst');
    const { body } = await analyst.get('/v1/standards?limit=200');
    const { items, next } = body as Listed<Standard>;
    expect([items.length, next]).toEqual([142, null]);
    expect(items.every(({ seeded, revision }) => seeded === true && revision === 1)).toBe(true);
    const auditor = await person('auditor');
    const entries = await until(
      async () => (await auditor.get('/v1/audit/entries?object=standards')).body as Listed<unknown>,
      ({ items: all }) => all.length > 0,
    );
    expect(entries.items).toMatchObject([{ action: 'standards.seeded', detail: { count: 142 } }]);
  });

  it('is browsed by care setting and use, searched, and read by any name', async () => {
    const analyst = await person('analyst');
    const browse = (await analyst.get('/v1/standards/browse')).body as Listed<{
      careSetting: string;
      useCase: string;
      standards: { id: string }[];
    }>;
    const cell = browse.items.find(
      (one) => one.careSetting === 'general-practice' && one.useCase === 'prescribing',
    );
    expect(cell?.standards.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['SCCI0052', 'DAPB4013']),
    );
    const query = 'careSetting=community&useCase=referrals&state=active&mandated=true&q=service';
    const found = (await analyst.get(`/v1/standards?${query}`)).body as Listed<Standard>;
    expect(found.items.map(({ id }) => id)).toContain('DAPB1069');
    const named = (await analyst.get('/v1/standards/nhs%20number')).body as Standard;
    expect(named).toMatchObject({ id: 'ISB0149', demand: 'now', moves: ['deprecated'] });
    expect((await analyst.get('/v1/standards/none')).body).toMatchObject({ code: 'MESH-3801' });
  });

  it('is revised by one lead with the approval of another, by the hash', async () => {
    const proposal = await revised('fhir-uk-core', { state: 'trial', version: 'STU3' });
    expect(proposal).toMatchObject({ state: 'proposed' });
    expect(proposal.changes.map(({ sentence }) => sentence)).toEqual([
      'It goes from draft to trial.',
      'The version changes from “STU2” to “STU3”.',
    ]);
    const path = `/v1/standards/proposals/${proposal.id}`;
    const [author, lead, analyst] = await Promise.all(
      ['governance-lead', 'governance-lead-2', 'analyst'].map(person),
    );
    const { contentHash } = proposal;
    const answers = [
      (await decide(author!, path, contentHash)).body as Problem,
      (await decide(lead!, path, `sha256:${'0'.repeat(64)}`)).body as Problem,
      (await lead!.post(`${path}/decisions`, { decision: 'approve', reason: 'x' })).body as Problem,
    ];
    expect(answers.map(({ code }) => code)).toEqual(['MESH-3006', 'MESH-3005', 'MESH-5120']);
    expect((await decide(analyst!, path, contentHash)).status).toBe(403);
    const done = await decide(lead!, path, contentHash);
    expect([done.status, done.body]).toMatchObject([200, { state: 'approved' }]);
    const now = (await analyst!.get('/v1/standards/UK%20Core')).body as Standard;
    expect(now).toMatchObject({ state: 'trial', revision: 2, seeded: false, contentHash });
    const history = (await analyst!.get('/v1/standards/fhir-uk-core/revisions')).body;
    expect(history).toMatchObject({
      items: [
        { revision: 2, proposal: proposal.id, approvedBy: 'user-governance-lead-2' },
        { revision: 1, seeded: true, approvedBy: null },
      ],
    });
  });

  it('is decided by who stands in for a lead, but not for the lead who proposed it', async () => {
    const [author, lead, deputy] = await Promise.all(
      ['governance-lead', 'governance-lead-2', 'analyst'].map(person),
    );
    const { id, contentHash } = await revised('fhir-uk-core', { state: 'active' });
    const path = `/v1/standards/proposals/${id}`;
    const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const given = { role: 'governance-lead', deputy: 'user-analyst', until, reason: 'Away' };
    const covers = [await author!.post('/v1/covers', given)];
    expect((await decide(deputy!, path, contentHash)).body).toMatchObject({ code: 'MESH-3010' });
    covers.push(await lead!.post('/v1/covers', given));
    expect(await decide(deputy!, path, contentHash)).toMatchObject({
      status: 200,
      body: { state: 'approved' },
    });
    for (const { body } of covers)
      await deputy!.delete(`/v1/covers/${(body as { id: string }).id}`);
    expect((await decide(deputy!, path, contentHash)).status).toBe(403);
  });

  it('refuses what is no legal move, unknown, or not a lead’s, and says where', async () => {
    const lead = await person('governance-lead');
    const post = async (standard: object) =>
      (await lead.post('/v1/standards/proposals', { standard, reason: 'x' })).body as Problem;
    const entry = await entryOf('ISB0149');
    const places = async (change: object) => {
      const { code, errors } = await post({ ...entry, ...change });
      return [code, ...errors.map(({ path }) => path)];
    };
    expect(await places({ state: 'draft' })).toEqual(['MESH-3802', 'standard#state']);
    expect(await places({ approvedBy: 'me' })).toEqual(['MESH-3802', 'standard#']);
    expect(await places({ dependencies: ['nothing-there'] })).toEqual([
      'MESH-3802',
      'standard#dependencies[0]',
    ]);
    expect(await places({ alsoKnownAs: ['dm+d'] })).toEqual([
      'MESH-3802',
      'standard#alsoKnownAs[0]',
    ]);
    const publisher = await person('gp-publisher');
    const body = { standard: entry, reason: 'x' };
    expect((await publisher.post('/v1/standards/proposals', body)).status).toBe(403);
  });

  it('takes no decision on what another revision has overtaken', async () => {
    const [first, second] = [
      await revised('news2', { version: '1' }),
      await revised('news2', { version: '2' }),
    ];
    const lead = await person('governance-lead-2');
    await decide(lead, `/v1/standards/proposals/${second.id}`, second.contentHash);
    const late = await decide(lead, `/v1/standards/proposals/${first.id}`, first.contentHash);
    const fix = expect.stringContaining('ask again') as string;
    expect(late.body).toMatchObject({ code: 'MESH-3008', fix });
    const shown = await lead.get(`/v1/standards/proposals/${first.id}`);
    expect(shown.body).toMatchObject({ state: 'superseded' });
  });
});

describe('a mandated standard and a waiver', () => {
  const without = (files: Record<string, string>) => ({
    ...files,
    'contract.odcs.yaml': files['contract.odcs.yaml']!.replace(
      / {6}- id: SCCI0052\n {8}title: [^\n]+\n/,
      '',
    ),
  });
  let files: Record<string, string>;
  const propose = async (text: Record<string, string>) =>
    (await person('gp-publisher')).post('/v1/proposals', { files: text, reason: 'First' });

  beforeAll(async () => {
    files = renamed(
      await filesOf('gp/medication-statement/v1'),
      'medication-statement',
      'medicine',
    );
  });

  it('blocks from its date, and the sentence names the law', async () => {
    const { body } = await propose(without(files));
    const { code, errors } = body as Problem;
    expect([code, errors.map((one) => one.code)]).toEqual(['MESH-3002', ['MESH-1746']]);
  });

  it('warns before its date', async () => {
    const proposal = await revised('SCCI0052', { conformanceDate: '2099-01-01' });
    const lead = await person('governance-lead-2');
    await decide(lead, `/v1/standards/proposals/${proposal.id}`, proposal.contentHash);
    const { body } = await lead.post('/v1/proposals/checks', { files: without(files) });
    const failed = (body as { checks: Check[] }).checks.filter(
      ({ outcome, severity }) => outcome === 'failed' && severity !== 'informs',
    );
    expect(failed).toMatchObject([{ name: 'standards-mandated', severity: 'warns' }]);
    const back = await revised('SCCI0052', { conformanceDate: '2020-01-01' });
    await decide(lead, `/v1/standards/proposals/${back.id}`, back.contentHash);
  });

  it('is waived for a time by somebody else, shown on check and product, and ends by itself', async () => {
    const [publisher, lead, analyst] = await Promise.all(
      ['gp-publisher', 'governance-lead', 'analyst'].map(person),
    );
    const ask = {
      product: 'gp.medicine',
      check: 'standards-mandated',
      about: 'SCCI0052',
      until: dayFromNow(60),
      reason: 'Codes come with the next release of the system',
    };
    const never = await publisher!.post('/v1/waivers', { ...ask, check: 'identifiers-typed' });
    expect(never.body).toMatchObject({ code: 'MESH-3806', errors: [{ path: 'check' }] });
    const long = await publisher!.post('/v1/waivers', { ...ask, until: dayFromNow(400) });
    expect(long.body).toMatchObject({ code: 'MESH-3806', errors: [{ path: 'until' }] });
    const other = await (await person('acute-publisher')).post('/v1/waivers', ask);
    expect(other.body).toMatchObject({ code: 'MESH-3804' });

    const made = (await publisher!.post('/v1/waivers', ask)).body as Proposed;
    expect((await propose(without(files))).body).toMatchObject({ code: 'MESH-3002' });
    const own = await decide(publisher!, `/v1/waivers/${made.id}`, made.contentHash);
    expect(own.status).toBe(403);
    const given = await decide(lead!, `/v1/waivers/${made.id}`, made.contentHash);
    expect(given.body).toMatchObject({ state: 'approved', inForce: true });

    const proposal = (await propose(without(files))).body as Proposed & { checks: Check[] };
    expect(proposal.checks.filter(({ waiver }) => waiver)).toMatchObject([
      { name: 'standards-mandated', severity: 'warns', waiver: { id: made.id } },
    ]);

    // Its last moment comes.
    await sql.query('UPDATE motion SET ends_at = now() WHERE id = $1', [made.id]);
    const ended = await waitUntilEnded(analyst!, made.id);
    expect(ended).toMatchObject({ state: 'expired', inForce: false });
    const late = await decide(lead!, `/v1/proposals/${proposal.id}`, proposal.contentHash);
    expect(late.body).toMatchObject({ code: 'MESH-3008' });
    const auditor = await person('auditor');
    const actions = await ledgerOf(auditor, `waiver:${made.id}`, 3);
    expect(actions).toEqual(['waiver.expired', 'waiver.approved', 'waiver.proposed']);
  });

  it('stands beside the product wherever it is shown, until it is ended', async () => {
    const [publisher, lead, analyst] = await Promise.all(
      ['gp-publisher', 'governance-lead', 'analyst'].map(person),
    );
    const ask = {
      product: 'gp.medicine',
      check: 'standards-mandated',
      about: 'SCCI0052',
      until: dayFromNow(60),
      reason: 'Codes come with the next release of the system',
    };
    const { body } = await publisher!.post('/v1/waivers', ask);
    const { id, contentHash } = body as Proposed;
    await decide(lead!, `/v1/waivers/${id}`, contentHash);
    await approved(person, 'gp/medication-statement/v1', () => without(files));
    type Shown = { id: string; waivers: { id: string; until: string }[] };
    const shown = await until(
      async () => (await analyst!.get('/v1/products/gp.medicine')).body as Shown,
      ({ waivers }) => waivers !== undefined,
    );
    expect(shown.waivers).toMatchObject([
      { id, until: `${dayFromNow(61)}T00:00:00.000Z`, approvedBy: 'user-governance-lead' },
    ]);
    const list = (await analyst!.get('/v1/products?domain=gp')).body as Listed<Shown>;
    expect(list.items.map(({ waivers }) => waivers.map((one) => one.id))).toEqual([[id]]);
    await publisher!.post(`/v1/waivers/${id}/end`, { reason: 'Done' });
    const after = (await analyst!.get('/v1/products/gp.medicine')).body as Shown;
    expect(after.waivers).toEqual([]);
  });
});

describe('the nine problems', () => {
  it('are answered by name, and every link answers', async () => {
    const analyst = await person('analyst');
    const { items } = (await analyst.get('/v1/nine-problems')).body as Listed<{
      number: number;
      links: string[];
    }>;
    expect(items.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { links } of items)
      for (const link of links)
        expect([link, (await analyst.get(link)).status]).toEqual([link, 200]);
  });

  it('4: a schedule is a document with the clause', async () => {
    const analyst = await person('analyst');
    const path = '/v1/standards/schedule?careSetting=community&format=';
    const { text } = await analyst.get(`${path}markdown`);
    expect(text).toContain('# Standards schedule: Community health');
    expect(text).toContain('owned by the care setting');
    expect((await analyst.get(`${path}csv`)).text.split('\r\n')[0]).toContain('"contentHash"');
    const none = await analyst.get('/v1/standards/schedule?ids=nothing');
    expect(none.body).toMatchObject({ code: 'MESH-3808' });
  });

  it('6: an organisation sees its gaps with the effort', async () => {
    const analyst = await person('analyst');
    const { body } = await analyst.get('/v1/standards/gaps?organisation=A20047');
    expect(body).toMatchObject({ organisation: 'A20047', products: ['gp.medicine'] });
    const gaps = (body as Listed<{ standard: string; status: string; effort: unknown }>).items;
    expect(gaps[0]).toMatchObject({
      standard: 'SCCI0052',
      status: 'gap',
      lacking: ['gp.medicine'],
      effort: { days: [3, 15] },
    });
  });

  it('7: who waits for a product, and what good it does', async () => {
    const analyst = await person('analyst');
    const day = (offset: number) =>
      new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    await analyst.post('/v1/grants', {
      product: 'gp.medicine',
      major: 1,
      purpose: 'audit',
      legalBasis: '6(1)(e)/9(2)(h)/s251',
      organisation: 'QUY',
      fields: 'all',
      from: day(0),
      until: day(30),
      reason: 'Overdue reviews',
    });
    const { items } = (await analyst.get('/v1/demand')).body as Listed<Record<string, unknown>>;
    expect(items).toMatchObject([
      {
        product: 'gp.medicine',
        benefit: expect.stringContaining('fewer doses'),
        waiting: { grants: 1, organisations: 1, longestDays: 0 },
        reading: { grants: 0, organisations: 0 },
      },
    ]);
  });

  it('8: each central service has its page', async () => {
    const analyst = await person('analyst');
    const { items } = (await analyst.get('/v1/central-services')).body as Listed<{ id: string }>;
    expect(items.map(({ id }) => id)).toEqual([
      'cis2',
      'mesh',
      'national-data-opt-out',
      'nhs-login',
      'ods',
      'pds',
      'terminology-server',
      'trud',
    ]);
    const { text } = await analyst.get('/v1/central-services/pds?format=markdown');
    expect(text).toContain('# Personal Demographics Service');
  });

  it('9: a named contact, and who else works on it', async () => {
    const analyst = await person('analyst');
    const path = '/v1/standards/ISB0149/participants';
    await analyst.put(`${path}/me`, { note: 'Tracing at registration' });
    const { body } = await analyst.get(path);
    expect(body).toMatchObject({
      contact: { name: expect.stringContaining('standards assurance') },
      items: [
        { kind: 'joined', who: 'user-analyst', organisation: 'QUY' },
        { kind: 'conforms', who: 'gp', organisation: 'A20047' },
      ],
    });
    await analyst.delete(`${path}/me`);
    expect(((await analyst.get(path)).body as Listed<unknown>).items.length).toBe(1);
  });
});

async function waitUntilEnded(analyst: Calls, id: string) {
  return until(
    async () => (await analyst.get(`/v1/waivers/${id}`)).body as { state: string },
    ({ state }) => state === 'expired',
  );
}

async function ledgerOf(auditor: Calls, object: string, count: number): Promise<string[]> {
  const { items } = await until(
    async () =>
      (await auditor.get(`/v1/audit/entries?object=${object}`)).body as Listed<{ action: string }>,
    ({ items: all }) => all.length >= count,
  );
  return items.map(({ action }) => action);
}
