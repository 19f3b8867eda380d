import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../base-stack.js';
import { startMesh, type Mesh } from '../start-mesh.js';

const VERSIONS = 50;
const KILLS = 20;
// At once in every round: each version is approved by many, as by people who press twice.
const APPROVALS = 50;
// A kill may fall after the last answer was on its way: then it cut nothing off, and is made again, within new approvals.
const ATTEMPTS = 3;
const ONLY = ['postgresql', 'identity', 'kafka', 'registry', 'governance'];
const INSTANCES = ['governance', 'governance-2'];
const SOURCE = join(ROOT, 'schemas', 'gp', 'medication-statement', 'v1');

type Answer = { status: number; body: { id: string; state: string; contentHash: string } };

let mesh: Mesh;
let folder: string;
const tokens = new Map<string, string>();

const portOf = (name: string) =>
  mesh.status().components.find((one) => one.name === name)?.port ?? 0;

/** One request to one instance. Rejects where the instance is killed, or is no more. */
async function send(port: number, user: string, path: string, json?: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: json ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${tokens.get(user)}`,
      ...(json ? { 'content-type': 'application/json' } : {}),
    },
    body: json ? JSON.stringify(json) : null,
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Asks whichever instance answers, as somebody behind a load balancer does, until one has. */
async function ask(user: string, path: string, json?: unknown): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await send(portOf(INSTANCES[attempt % 2]!), user, path, json).catch(
      (error: unknown) => {
        if (attempt > 400) throw error;
        return null;
      },
    );
    if (answer && answer.status < 500) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The contract of gp under another product's name, so that each version is the first of its own product. */
function files(n: number): Record<string, string> {
  const product = `bound-${n}`;
  const record = `Bound${n}`;
  const all: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    all[path.slice(folder.length + 1)] = readFileSync(path, 'utf8')
      .replaceAll('medication-statement', product)
      .replaceAll('MedicationStatement', record);
  }
  return all;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caremesh-versions-'));
  cpSync(SOURCE, folder, { recursive: true });
  mesh = await startMesh({
    only: ONLY,
    environment: { MESH_GOVERNANCE_INSTANCES: '2' },
    patience: { backoffMs: 100 },
  });
  for (const user of ['gp-publisher', 'governance-lead', 'ig-lead']) {
    const { stdout } = await mesh.cli('token', '--as', user);
    tokens.set(user, stdout.trim());
  }
});
afterAll(async () => {
  await mesh?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('two governances, either killed twenty times, each time within fifty approvals', () => {
  it('lose no decision and double no version', async () => {
    const numbers = Array.from({ length: VERSIONS }, (_, n) => n);
    const proposed = await Promise.all(numbers.map((n) => propose(n)));
    const rounds: Round[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const [from, to] = [kill, kill + 1].map((n) => Math.ceil((n * VERSIONS) / KILLS));
      let own = proposed.slice(from, to);
      let round = await killedWithin(kill, own);
      for (let attempt = 1; !isCut(round) && attempt < ATTEMPTS; attempt++) {
        const more = own.map((_, n) => propose(proposed.length + n));
        own = await Promise.all(more);
        proposed.push(...own);
        round = await killedWithin(kill, own);
      }
      rounds.push(round);
    }
    // Every kill fell while approvals waited for the instance it hit, and cut some of them off.
    expect(rounds.filter(isCut)).toHaveLength(KILLS);
    for (const { id } of proposed) {
      await expect
        .poll(async () => (await ask('governance-lead', `/v1/proposals/${id}`)).body.state, {
          timeout: 120_000,
        })
        .toBe('published');
      // Sealed a moment after it was decided.
      await expect.poll(() => timesApproved(id), { timeout: 60_000 }).toBeGreaterThan(0);
    }
    for (const { id } of proposed) expect(await timesApproved(id)).toBe(1);
    const { items } = (await ask('governance-lead', '/v1/products?limit=200')).body as unknown as {
      items: { id: string; majors: { versions: unknown[] }[] }[];
    };
    const versions = items
      .filter(({ id }) => id.startsWith('gp.bound-'))
      .map(({ majors }) => majors.flatMap((major) => major.versions).length);
    expect(versions).toEqual(proposed.map(() => 1));
  });
});

type Proposed = { id: string; contentHash: string };

/** Approvals that the killed instance had in hand, and those of them that it never answered. */
type Round = { waiting: number; cut: number };

const isCut = ({ waiting, cut }: Round) => waiting > 0 && cut > 0;

async function propose(n: number): Promise<Proposed> {
  const given = { files: files(n), reason: 'First version' };
  const { status, body } = await ask('gp-publisher', '/v1/proposals', given);
  // 200 where the instance that took it was killed before it could say so.
  expect([200, 201]).toContain(status);
  return body;
}

/**
 * Fifty approvals at once, half of them of each instance, which is killed as soon as it has answered a few, or none.
 * Each is asked again until somebody answers it: one of each version is taken, the others find it decided.
 */
async function killedWithin(kill: number, proposed: readonly Proposed[]): Promise<Round> {
  const name = INSTANCES[kill % 2]!;
  await expect
    .poll(() => mesh.status().components.find((one) => one.name === name)?.status, {
      timeout: 60_000,
    })
    .toBe('ready');
  const target = portOf(name);
  const other = portOf(INSTANCES[(kill + 1) % 2]!);
  const answersFirst = kill % 5;
  let [waiting, answered, cut, waitingAtKill] = [0, 0, 0, 0];
  const strike = () => {
    if (waitingAtKill > 0) return;
    waitingAtKill = waiting;
    mesh.kill(name);
  };
  const approvals = Array.from({ length: APPROVALS }, async (_, n) => {
    const { id, contentHash } = proposed[n % proposed.length]!;
    const [path, decision] = [`/v1/proposals/${id}/decisions`, decisionOn(contentHash)];
    const isOfTarget = Math.floor(n / proposed.length) % 2 === 0;
    if (isOfTarget) waiting += 1;
    const first = await send(isOfTarget ? target : other, 'governance-lead', path, decision).catch(
      () => null,
    );
    if (isOfTarget) {
      waiting -= 1;
      if (first === null) cut += 1;
      else if ((answered += 1) === answersFirst) strike();
    }
    const final = first && first.status < 500 ? first : null;
    return (final ?? (await ask('governance-lead', path, decision))).status;
  });
  if (answersFirst === 0) setImmediate(strike);
  const statuses = await Promise.all(approvals);
  // 409: another of the fifty was taken, or this one was and the instance killed before it could say so.
  expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
  return { waiting: waitingAtKill, cut };
}

const decisionOn = (contentHash: string) => ({
  decision: 'approve',
  contentHash,
  reason: 'Read it',
  role: 'governance-lead',
});

/** How often the ledger has it that the proposal was approved. */
async function timesApproved(id: string): Promise<number> {
  const path = `/v1/audit/entries?object=${encodeURIComponent(`proposal:${id}`)}`;
  const { items } = (await ask('governance-lead', path)).body as unknown as {
    items: { action: string }[];
  };
  return items.filter(({ action }) => action === 'proposal.approved').length;
}
