import { personToken, sharedStack, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approved, filesOf, renamed, startGovernance, until } from './spec/running-governance.js';
import type { Calls, Running } from './spec/running-governance.js';

type Proposed = { id: string; contentHash: string; decisionsNeeded: string[] };

const NOWHERE = 'http://127.0.0.1:9/apis/ccompat/v7';

let stack: TestStack;
let database: TestDatabase;
let running: Running[] = [];

const as =
  (governance: Running) =>
  async (user: string): Promise<Calls> =>
    governance.as(await personToken(stack, user));
const start = async (environment: Record<string, string> = {}) => {
  const governance = await startGovernance(stack, database.url, environment);
  running.push(governance);
  return governance;
};
const shownBy = async (governance: Running, id: string) =>
  (await (await as(governance)('governance-lead')).get(`/v1/proposals/${id}`)).body as {
    state: string;
    attempts: number;
    failure: string | null;
    nextAttemptAt: string | null;
  };

async function sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<Row>(text, values);
  await client.end();
  return rows;
}

async function countOf(action: string): Promise<number> {
  const counted = 'SELECT count(*) FROM ledger_entry WHERE action = $1';
  return Number((await sql<{ count: string }>(counted, [action]))[0]?.count);
}

/** A later version of the product, of which only its words are other: a published policy approves it. */
async function proposedLater(governance: Running, name: string, version: string) {
  const files = renamed(await filesOf('community/care-contact/v1'), 'care-contact', name);
  const contract = files['contract.odcs.yaml']!.replace("'1.0.0'", `'${version}'`);
  const later = { ...files, 'contract.odcs.yaml': contract, 'README.md': `Version ${version}` };
  const publisher = await as(governance)('community-publisher');
  const given = { files: later, reason: 'Said more fully' };
  const { body } = await publisher.post('/v1/proposals', given);
  expect(body).toMatchObject({ version, state: 'approved' });
  return body as Proposed;
}

beforeEach(async () => {
  stack = await sharedStack();
  database = await testDatabase();
});

afterEach(async () => {
  for (const governance of running) await governance.stop();
  running = [];
  await database.drop();
});

describe('carrying out', () => {
  it('waits while the registry is down, stays decided, and is done once when it is back', async () => {
    const cutOff = await start({ MESH_REGISTRY_URL: NOWHERE });
    const { id } = await approved(as(cutOff), 'community/care-contact/v1');
    const waiting = await until(
      () => shownBy(cutOff, id),
      ({ attempts }) => attempts > 0,
    );
    expect(waiting).toMatchObject({ state: 'registering' });
    expect(waiting.failure).toMatch(
      /^MESH-3014 The schema registry cannot be reached: .*\. Nothing to do: .* tried again by itself\.$/,
    );
    expect(Date.parse(waiting.nextAttemptAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    await cutOff.stop();
    running = [];
    const back = await start();
    const published = await until(
      () => shownBy(back, id),
      ({ state }) => state === 'published',
      30_000,
    );
    expect(published).toMatchObject({ state: 'published', failure: null });
    expect(await countOf('version.published')).toBe(1);
    expect(await countOf('schema.registered')).toBe(2);
  });

  it('gives one version from fifty identical proposals and approvals through two instances', async () => {
    const both = [await start(), await start()];
    const publishers = await Promise.all(both.map((one) => as(one)('social-care-publisher')));
    const files = await filesOf('social-care/care-package/v1');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        publishers[at % 2]?.post('/v1/proposals', { files, reason: `Attempt ${at}` }),
      ),
    );
    const proposals = answers.map((answer) => JSON.parse(answer?.text ?? '{}') as Proposed);
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([201]));
    const ids = new Set(proposals.map(({ id }) => id));
    expect(ids.size).toBe(1);
    const [proposal] = proposals;
    if (!proposal) throw new Error('nothing proposed');
    const { id, contentHash } = proposal;
    for (const role of proposal.decisionsNeeded) {
      const deciders = await Promise.all(both.map((one) => as(one)(role)));
      const given = { decision: 'approve', contentHash, reason: 'Good', role };
      const decided = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          deciders[at % 2]?.post(`/v1/proposals/${id}/decisions`, given),
        ),
      );
      expect(decided.filter((answer) => answer?.status === 200)).toHaveLength(1);
    }
    const [first] = both;
    if (!first) throw new Error('nothing runs');
    const shown = await until(
      () => shownBy(first, id),
      ({ state }) => state === 'published',
      30_000,
    );
    expect(shown.state).toBe('published');
    expect(await countOf('version.published')).toBe(1);
    expect(await countOf('domain.accepted')).toBe(1);
  });

  it('fails with the words of who said no, and is published when somebody retries', async () => {
    const asksTooMuch = await start({ MESH_TOPIC_REPLICATION: '3' });
    const { id } = await approved(as(asksTooMuch), 'community/care-contact/v1', (files) =>
      renamed(files, 'care-contact', `care-contact-${Date.now().toString(36)}`),
    );
    const failed = await until(
      () => shownBy(asksTooMuch, id),
      ({ state }) => state === 'failed',
      30_000,
    );
    expect(failed).toMatchObject({ state: 'failed' });
    expect(failed.failure).toMatch(/^MESH-3017 .*replication/i);
    await asksTooMuch.stop();
    running = [];
    const mended = await start();
    const publisher = await as(mended)('community-publisher');
    const retried = await publisher.post(`/v1/proposals/${id}/retry`, { reason: 'Mended' });
    expect(retried).toMatchObject({ status: 200, body: { state: 'registering', failure: null } });
    const shown = await until(
      () => shownBy(mended, id),
      ({ state }) => state === 'published',
      30_000,
    );
    expect(shown.state).toBe('published');
    const again = await publisher.post(`/v1/proposals/${id}/retry`, { reason: 'Again' });
    expect(again).toMatchObject({ status: 409, body: { code: 'MESH-3007' } });
  });
});

describe('two versions of one major', () => {
  it('show the newer of them, whichever is carried out last', async () => {
    const name = `care-contact-${Date.now().toString(36)}`;
    const cutOff = await start({ MESH_REGISTRY_URL: NOWHERE });
    await approved(as(cutOff), 'community/care-contact/v1', (files) =>
      renamed(files, 'care-contact', name),
    );
    const older = await proposedLater(cutOff, name, '1.0.1');
    const newer = await proposedLater(cutOff, name, '1.1.0');
    await cutOff.stop();
    running = [];
    // Tried a few times while the registry was away, the older one waits longest for its next attempt.
    const wait = `UPDATE proposal SET next_attempt_at = CASE id WHEN $1 THEN now() + interval '1 day' END`;
    await sql(wait, [older.id]);
    const back = await start();
    const isPublished = ({ state }: { state: string }) => state === 'published';
    await until(() => shownBy(back, newer.id), isPublished);
    await sql(`UPDATE proposal SET next_attempt_at = NULL`);
    const last = await until(() => shownBy(back, older.id), isPublished);
    expect(last.state).toBe('published');
    const shown = await sql('SELECT latest_hash FROM product_major');
    expect(shown).toEqual([{ latest_hash: newer.contentHash }]);
    const [product] = await sql(`SELECT contract->>'version' AS version FROM product`);
    expect(product).toEqual({ version: '1.1.0' });
  });

  it('are not carried out one over the other: what failed is not retried once another was decided', async () => {
    const name = `care-contact-${Date.now().toString(36)}`;
    const cutOff = await start({ MESH_REGISTRY_URL: NOWHERE });
    await approved(as(cutOff), 'community/care-contact/v1', (files) =>
      renamed(files, 'care-contact', name),
    );
    const { id } = await proposedLater(cutOff, name, '1.0.1');
    await sql(`UPDATE proposal SET state = 'failed', failure = 'No' WHERE id = $1`, [id]);
    await proposedLater(cutOff, name, '1.1.0');
    const publisher = await as(cutOff)('community-publisher');
    expect(await publisher.post(`/v1/proposals/${id}/retry`, { reason: 'Again' })).toMatchObject({
      ...{ status: 409, body: { code: 'MESH-3085' } },
    });
    expect(await shownBy(cutOff, id)).toMatchObject({ state: 'failed', failure: 'No' });
  });
});

describe('production mode', () => {
  it('knows no demonstration decisions', async () => {
    const governance = await start({ MESH_MODE: 'production' });
    const files = await filesOf('gp/medication-statement/v1');
    const publisher = await as(governance)('gp-publisher');
    const given = { files, reason: 'To show it', demonstration: true };
    expect(await publisher.post('/v1/proposals', given)).toMatchObject({
      status: 422,
      body: { code: 'MESH-3020' },
    });
  });
});
