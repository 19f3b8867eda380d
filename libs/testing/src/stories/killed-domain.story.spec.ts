import { setTimeout as sleep } from 'node:timers/promises';
import { lives, ndjsonLines } from '@caremesh/synthetic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personToken } from '../sign-in.js';
import { startMesh, type Mesh } from '../start-mesh.js';
import { publishContract } from './publish-contract.js';
import { asBroker, readAll, type Stored } from './reader.js';

const RECORDS = 20_000;
const KILLS = 20;
const CHUNK = 250;
const PARTS = ['postgresql', 'identity', 'kafka', 'registry', 'governance', 'gp'];
const TOPIC = 'gp.medication-statement.v1';

type Receipt = { accepted: number; unchanged: number; quarantined: number };

let mesh: Mesh;
beforeAll(async () => {
  // A domain that dies twenty times is to be back at once here, or the story waits for back-off alone.
  mesh = await startMesh({ only: PARTS, patience: { backoffMs: 500, startPollMs: 50 } });
  await publishContract(mesh, 'gp', 'medication-statement');
});
afterAll(() => mesh.stop());

/** Medication records of synthetic people, as NDJSON, until there are enough. */
function* statements(): Generator<string> {
  let made = 0;
  for (const life of lives({ seed: 'killed-domain', count: RECORDS }))
    for (const line of ndjsonLines(life)) {
      if (!line.includes('"resourceType":"Medication')) continue;
      yield line;
      if (++made === RECORDS) return;
    }
}

/** Sends a chunk until it is answered; a sender that got no answer sends the same again. */
async function deliver(body: string): Promise<Receipt> {
  const { url } = mesh.status().domains.find(({ name }) => name === 'gp')!;
  for (;;) {
    const answer = await post(`${url}/v1/intake/fhir`, body);
    if (answer?.ok) return (await answer.json()) as Receipt;
    await sleep(100);
  }
}

async function post(address: string, body: string): Promise<Response | null> {
  const headers = {
    authorization: `Bearer ${await token()}`,
    'content-type': 'application/fhir+ndjson',
  };
  return fetch(address, { method: 'POST', body, headers }).catch(() => null);
}

let signedIn: { token: string; at: number } | null = null;
async function token(): Promise<string> {
  if (!signedIn || Date.now() - signedIn.at > 60_000) {
    const where = { home: mesh.home, tokenUrl: mesh.status().identity.tokenUrl };
    signedIn = { token: await personToken(where, 'gp-publisher'), at: Date.now() };
  }
  return signedIn.token;
}

/** Positions where a `ce_sequence` appears for the first time below one that the person already had. */
function outOfOrder(records: Stored[]): number {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  let wrong = 0;
  for (const { key, headers } of records) {
    if (seen.has(headers.ce_id!)) continue;
    seen.add(headers.ce_id!);
    const person = key.split('.')[0]!;
    const sequence = Number(headers.ce_sequence);
    if (sequence <= (last.get(person) ?? 0)) wrong += 1;
    last.set(person, sequence);
  }
  return wrong;
}

describe('a domain service that is killed twenty times while it takes in twenty thousand records', () => {
  it('loses none, reorders none, and doubles no effect', { timeout: 500_000 }, async () => {
    const lines = [...statements()];
    const chunks = Math.ceil(lines.length / CHUNK);
    const every = Math.floor(chunks / KILLS);
    let settled = 0;
    for (let at = 0; at < chunks; at++) {
      const sending = deliver(lines.slice(at * CHUNK, (at + 1) * CHUNK).join('\n'));
      if (at % every === 0 && at / every < KILLS) mesh.kill('gp');
      const { accepted, unchanged, quarantined } = await sending;
      expect(quarantined).toBe(0);
      settled += accepted + unchanged;
    }
    expect(settled).toBe(RECORDS);
    let records: Stored[] = [];
    const effectsSeen = async () => {
      records = await readAll(asBroker(mesh.home), TOPIC);
      return new Set(records.map(({ headers }) => headers.ce_id)).size;
    };
    await expect.poll(effectsSeen, { timeout: 60_000 }).toBe(RECORDS);
    expect(new Set(records.map(({ key }) => key)).size).toBe(RECORDS);
    expect(records.every(({ headers }) => headers.ce_recordrevision === '1')).toBe(true);
    expect(outOfOrder(records)).toBe(0);
  });
});
