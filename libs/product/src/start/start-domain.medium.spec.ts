import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Answer } from '../intake/answer.js';
import { gp, ndjson, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { readTopic, readUntil } from '../rig/read-topic.js';
import type { TopicRecord } from '../rig/read-topic.js';
import { SCHEMA_ID, SECONDARY, smallMesh, TOPIC } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { openDomain } from './start-domain.js';

let mesh: SmallMesh;
let app: NestFastifyApplication;
let url: string;
let token: string;

beforeAll(async () => {
  mesh = await smallMesh();
  token = await mesh.token();
});
afterAll(async () => {
  await mesh?.close();
});

const quiet = { error: () => undefined } as never;

async function start(): Promise<void> {
  app = await openDomain(gp, mesh.env);
  url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

async function post(lines: Line[] | string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/v1/intake/feed`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-ndjson',
      ...headers,
    },
    body: typeof lines === 'string' ? lines : ndjson(lines),
  });
  return { status: response.status, body: (await response.json()) as Answer & { code?: string } };
}

async function untilReady(): Promise<void> {
  for (let i = 0; i < 1_200; i++) {
    if ((await fetch(`${url}/health/ready`)).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The domain did not become ready');
}

/** Records of one person (by NHS number or local id as the feed names them), in the order of the topic. */
async function recordsAbout(ids: string[], count: number): Promise<TopicRecord[]> {
  const mine = (records: TopicRecord[]) => records.filter(({ record }) => ids.includes(record));
  const until = Date.now() + 60_000;
  for (;;) {
    const found = mine(await readTopic(mesh.stack, TOPIC));
    if (found.length >= count || Date.now() > until) return found;
  }
}

describe('a domain before its approval', () => {
  it('answers 503 that may be tried again, stores nothing, and says what it waits for', async () => {
    mesh.governance.state.approved = false;
    await start();
    const refused = await post([{ do: 'put', id: 'w1', nhs: nhsNumber(1) }]);
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'MESH-2007', retriable: true });
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ waitingFor: 'approval' });
    mesh.governance.state.approved = true;
    await untilReady();
  });
});

describe('intake over HTTP', () => {
  it('publishes a record in both editions with every header', async () => {
    const nhs = nhsNumber(2);
    const { status, body } = await post([
      { do: 'put', id: 'm1', nhs, text: 'amoxicillin', at: '2026-03-01T10:00:00Z' },
    ]);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      received: 1,
      accepted: 1,
      items: [{ index: 0, sourceId: 'm1', outcome: 'accepted' }],
    });
    const [record] = await readUntil(mesh.stack, TOPIC, 1);
    const [second] = await readUntil(mesh.stack, SECONDARY, 1);
    expect(record!.schemaId).toBe(SCHEMA_ID);
    expect(record!.value).toMatchObject({
      recordId: record!.record,
      nhsNumber: nhs,
      publisherOds: 'A81001',
      medicationText: 'amoxicillin',
      sourceSystemUpdatedAt: Date.parse('2026-03-01T10:00:00Z'),
      changeType: 'CREATED',
    });
    expect(record!.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: expect.stringMatching(/^[a-z2-7]{26}$/),
      ce_source: 'urn:ods:A81001',
      ce_type: 'caremesh.gp.medication-statement.created.v1',
      ce_time: '2026-03-01T10:00:00.000Z',
      ce_dataschema: `${mesh.stack.registryUrl}/schemas/ids/${SCHEMA_ID}`,
      ce_recordedtime: expect.stringMatching(/^\d{4}-.*Z$/),
      ce_sequence: '1',
      ce_recordrevision: '1',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      'content-type': 'avro/binary',
    });
    expect(second!.bytes!.equals(record!.bytes!)).toBe(true);
    expect({ ...second, partition: 0, offset: 0n }).toEqual({
      ...record,
      partition: 0,
      offset: 0n,
    });
  });

  it('changes nothing for what is held, older, or seen before, and counts it', async () => {
    const nhs = nhsNumber(3);
    const first: Line = { do: 'put', id: 'u1', nhs, text: 'one', at: '2026-01-01T00:00:00Z' };
    const second: Line = { do: 'put', id: 'u1', nhs, text: 'two', at: '2026-01-02T00:00:00Z' };
    expect((await post([first, second])).body).toMatchObject({ accepted: 2 });
    expect(
      (await post([first, second, { ...second, at: '2026-01-03T00:00:00Z' }])).body,
    ).toMatchObject({
      received: 3,
      unchanged: 3,
    });
    const back = await post([{ ...first, at: '2026-01-04T00:00:00Z' }]);
    expect(back.body).toMatchObject({ accepted: 1 });
    const id = back.body.items[0]!;
    expect(id.outcome).toBe('accepted');
    const records = (await readUntil(mesh.stack, TOPIC, 4)).filter(
      ({ value }) => value?.['nhsNumber'] === nhs,
    );
    expect(
      records.map(({ headers }) => [headers['ce_sequence'], headers['ce_recordrevision']]),
    ).toEqual([
      ['1', '1'],
      ['2', '2'],
      ['3', '3'],
    ]);
    expect(records.map(({ value }) => value!['medicationText'])).toEqual(['one', 'two', 'one']);
  });

  it('puts what fails into quarantine with its step, path and reason, and its neighbours go on', async () => {
    const lines: Line[] = [
      { do: 'put', id: 'q1', nhs: nhsNumber(4) },
      { do: 'broken', id: 'q2' },
      { do: 'faulty', id: 'q3', nhs: nhsNumber(4) },
      { do: 'put', id: 'q4' },
      { do: 'put', id: 'q5', nhs: nhsNumber(4), text: 'x'.repeat(2_000) },
      { do: 'other', id: 'q6' },
      { do: 'put', id: 'q7', nhs: nhsNumber(4) },
    ];
    const { body } = await post(lines);
    expect(body).toMatchObject({ received: 7, accepted: 2, quarantined: 4, notUsed: 1 });
    expect(body.items.map(({ outcome, errors }) => [outcome, errors[0]?.code ?? null])).toEqual([
      ['accepted', null],
      ['quarantined', 'MESH-2101'],
      ['quarantined', 'MESH-2232'],
      ['quarantined', 'MESH-2211'],
      ['quarantined', 'MESH-2222'],
      ['notUsed', 'MESH-2141'],
      ['accepted', null],
    ]);
    const list = await get(`/v1/quarantine?state=open`);
    expect(list.items.map(({ step }: { step: string }) => step)).toEqual([
      'read',
      'map',
      'key',
      'values',
    ]);
    expect(JSON.stringify(list)).not.toContain(nhsNumber(4));
  });

  it('shows a payload only for a reason, and only once the ledger has it', async () => {
    const { items } = await get(`/v1/quarantine?cause=MESH-2232`);
    const id = items[0].id as string;
    expect((await get(`/v1/quarantine/${id}?reveal=true`)).code).toBe('MESH-2502');
    const named = `${id}?reveal=true&reason=of+${nhsNumber(4)}`;
    expect((await get(`/v1/quarantine/${named}`)).code).toBe('MESH-2506');
    const shown = await get(`/v1/quarantine/${id}?reveal=true&reason=looking`);
    expect(JSON.parse(shown.payload as string)).toEqual({
      do: 'faulty',
      id: 'q3',
      nhs: nhsNumber(4),
    });
    expect(mesh.governance.state.ledger).toMatchObject([
      { action: 'quarantine.revealed', detail: { reason: 'looking' } },
    ]);
  });

  it('says, of what is taken in again and still refused, the reason it has now', async () => {
    const [before] = (await get(`/v1/quarantine?cause=MESH-2232`)).items;
    const { id, errors } = before as { id: string; errors: unknown[] };
    // As if it had been refused for something that was mended since.
    const pool = new pg.Client({ connectionString: mesh.database.url });
    await pool.connect();
    await pool.query(
      `UPDATE quarantine SET step = 'read', codes = '{MESH-2015}', errors = '[{"code":"MESH-2015"}]' WHERE id = $1`,
      [id],
    );
    await pool.end();
    expect(await tell('replays', { ids: [id] })).toEqual({ replayed: 1, published: 0, refused: 1 });
    const after: unknown = await get(`/v1/quarantine/${id}`);
    expect(after).toMatchObject({ id, step: 'map', state: 'open', errors });
  });

  it('takes nothing in again that stands for a file, and lets it be discarded for a reason', async () => {
    const { body } = await post([
      { do: 'put', id: 'd1', nhs: nhsNumber(4) },
      { do: 'cut', id: 'd2' },
    ]);
    const id = body.items[1]!.quarantineId!;
    const { errors } = await get(`/v1/quarantine/${id}`);
    expect(await tell('replays', { ids: [id] })).toMatchObject({ status: 409, code: 'MESH-2511' });
    const others = (await get(`/v1/quarantine?cause=MESH-2101&state=open`)).items.length - 1;
    expect(await tell('replays', { cause: 'jsonMalformed' })).toEqual({
      ...{ replayed: others, published: 0, refused: others, leftOut: 1 },
    });
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ state: 'open', errors });
    expect((await get(`/v1/quarantine/${id}?reveal=true&reason=x`)).code).toBe('MESH-2512');
    expect(await tell('discards', { ids: [id], reason: ' ' })).toMatchObject({ code: 'MESH-2502' });
    mesh.governance.state.ledger.length = 0;
    expect(await tell('discards', { ids: [id], reason: 'sent again' })).toEqual({ discarded: 1 });
    expect(mesh.governance.state.ledger).toMatchObject([
      {
        action: 'quarantine.discarded',
        object: `gp/quarantine/${id}`,
        detail: { reason: 'sent again' },
      },
    ]);
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ state: 'discarded' });
    expect(await tell('discards', { ids: [id], reason: 'again' })).toMatchObject({
      ...{ status: 409, code: 'MESH-2513' },
    });
    expect(await tell('replays', { ids: [id] })).toEqual({
      ...{ replayed: 0, published: 0, refused: 0, settled: 1 },
    });
    expect(await tell('replays', { ids: [id, 'nope'] })).toMatchObject({
      ...{ status: 404, code: 'MESH-2501' },
    });
  });

  it('discards nothing while the ledger cannot be written', async () => {
    const { body } = await post([{ do: 'cut', id: 'd3' }]);
    const id = body.items[0]!.quarantineId!;
    mesh.governance.state.up = false;
    const refused = await tell('discards', { ids: [id], reason: 'x' }).finally(
      () => (mesh.governance.state.up = true),
    );
    expect(refused).toMatchObject({ status: 503, code: 'MESH-2505' });
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ state: 'open' });
  });

  it('says of a cause that does not exist that it does not', async () => {
    expect(await get(`/v1/quarantine?cause=banana`)).toMatchObject({
      status: 400,
      code: 'MESH-2514',
    });
    expect((await get(`/v1/quarantine?cause=dateImpossible`)).items).not.toEqual([]);
  });

  it('lets nobody but the team in', async () => {
    const other = await mesh.otherToken();
    const answer = await fetch(`${url}/v1/quarantine`, {
      headers: { authorization: `Bearer ${other}` },
    });
    expect(answer.status).toBe(403);
    expect((await fetch(`${url}/v1/quarantine`)).status).toBe(401);
  });

  it('gives a key the answer it gave, and refuses the key for other bytes', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const line: Line = { do: 'put', id: 'i1', nhs: nhsNumber(5) };
    const first = await post([line], key);
    const again = await post([line], key);
    expect(again.body).toEqual(first.body);
    const other = await post([{ ...line, text: 'other' }], key);
    expect([other.status, other.body.code]).toEqual([409, 'MESH-2005']);
  });

  it('lands a message once: the same bytes as before, other bytes not', async () => {
    const line: Line = { do: 'put', id: 'l1', nhs: nhsNumber(6), message: 'M1', text: 'a' };
    expect((await post([line])).body).toMatchObject({ accepted: 1 });
    expect((await post([line])).body).toMatchObject({ unchanged: 1 });
    const reused = await post([{ ...line, text: 'b' }]);
    expect(reused.body).toMatchObject({ quarantined: 1 });
    expect(reused.body.items[0]!.errors[0]!.code).toBe('MESH-2010');
  });

  it('refuses what it does not take, and an empty body', async () => {
    expect((await post('x', { 'content-type': 'application/xml' })).status).toBe(415);
    expect((await post('')).status).toBe(400);
  });
});

describe('people and records', () => {
  it('retracts with ids only, and takes an older message for what it is', async () => {
    const nhs = nhsNumber(10);
    const put: Line = { do: 'put', id: 'r1', nhs, at: '2026-01-01T00:00:00Z' };
    await post([put]);
    expect(
      (await post([{ do: 'retract', id: 'r1', nhs, at: '2026-01-05T00:00:00Z' }])).body,
    ).toMatchObject({
      retracted: 1,
    });
    expect((await post([{ ...put, text: 'late', at: '2026-01-03T00:00:00Z' }])).body).toMatchObject(
      { unchanged: 1 },
    );
    const records = await settled(nhs, 2);
    expect(records[1]!.value).toMatchObject({
      changeType: 'RETRACTED',
      nhsNumber: nhs,
      medicationText: null,
    });
    expect(records[1]!.headers['ce_type']).toBe('caremesh.gp.medication-statement.retracted.v1');
    expect(records).toHaveLength(2);
  });

  it('merges: MERGED and tombstones under the old person, each record again under the survivor', async () => {
    const [old, survivor] = [nhsNumber(11), nhsNumber(12)];
    await post([
      { do: 'put', id: 'a1', nhs: old },
      { do: 'put', id: 'a2', nhs: old },
      { do: 'put', id: 'a3', nhs: survivor },
    ]);
    expect((await post([{ do: 'merge', nhs: old, into: survivor }])).body).toMatchObject({
      accepted: 1,
    });
    expect((await post([{ do: 'merge', nhs: old, into: survivor }])).body).toMatchObject({
      unchanged: 1,
    });
    await post([{ do: 'put', id: 'a4', nhs: old }]);
    const oldPerson = (await settled(old, 2))[0]!.person;
    const newPerson = (await settled(survivor, 1))[0]!.person;
    const under = async (person: string, count: number) => {
      const until = Date.now() + 60_000;
      for (;;) {
        const found = (await readTopic(mesh.stack, TOPIC)).filter((one) => one.person === person);
        if (found.length >= count || Date.now() > until) return found;
      }
    };
    const left = await under(oldPerson, 5);
    expect(
      left.map(({ value, headers }) => [value?.['changeType'] ?? null, headers['ce_sequence']]),
    ).toEqual([
      ['CREATED', '1'],
      ['CREATED', '2'],
      ['MERGED', '3'],
      [null, '4'],
      [null, '5'],
    ]);
    expect(left[2]!.value).toMatchObject({ survivorKey: newPerson, medicationText: null });
    const now = await under(newPerson, 4);
    expect(
      now.map(({ value, headers }) => [
        value!['changeType'],
        value!['nhsNumber'],
        headers['ce_sequence'],
        headers['ce_recordrevision'],
      ]),
    ).toEqual([
      ['CREATED', survivor, '1', '1'],
      ['UPDATED', survivor, '2', '2'],
      ['UPDATED', survivor, '3', '2'],
      ['CREATED', survivor, '4', '1'],
    ]);
  });

  it('merges a person known by a local identifier when the number becomes known', async () => {
    const nhs = nhsNumber(13);
    await post([{ do: 'put', id: 'n1', local: 'L13' }]);
    await post([{ do: 'put', id: 'n2', nhs, local: 'L13' }]);
    await post([{ do: 'put', id: 'n3', local: 'L13' }]);
    const records = await settled(nhs, 3);
    expect(records.map(({ value }) => [value!['changeType'], value!['localPatientId']])).toEqual([
      ['UPDATED', 'L13'],
      ['CREATED', 'L13'],
      ['CREATED', 'L13'],
    ]);
    expect(new Set(records.map(({ person }) => person)).size).toBe(1);
  });

  it('gives a record to another person when its source does', async () => {
    const [before, after] = [nhsNumber(14), nhsNumber(15)];
    await post([{ do: 'put', id: 'v1', nhs: before }]);
    await post([{ do: 'put', id: 'v1', nhs: after }]);
    const [moved] = await settled(after, 1);
    expect(moved!.headers['ce_recordrevision']).toBe('2');
    const old = (await recordsAbout([moved!.record], 3)).filter(
      ({ person }) => person !== moved!.person,
    );
    expect(old.map(({ value }) => value?.['changeType'] ?? null)).toEqual(['CREATED', null]);
  });

  it('takes a merge of somebody not held, and follows it later', async () => {
    const [unknown, survivor] = [nhsNumber(16), nhsNumber(17)];
    expect((await post([{ do: 'merge', nhs: unknown, into: survivor }])).body).toMatchObject({
      accepted: 1,
    });
    await post([{ do: 'put', id: 'x1', nhs: unknown }]);
    expect(await settled(survivor, 1)).toHaveLength(1);
  });
});

describe('large submissions', () => {
  it('are receipted, worked through in the background, and publish every record once', async () => {
    const lines: Line[] = Array.from({ length: 8_000 }, (_, i) => ({
      do: i % 1_000 === 7 ? ('faulty' as const) : ('put' as const),
      id: `big-${i}`,
      nhs: nhsNumber(100 + (i % 300)),
      text: `${i} ${'t'.repeat(700)}`,
    }));
    const taken = await post(lines);
    expect(taken.status).toBe(202);
    let receipt = await get(`/v1/receipts/${taken.body.receipt}`);
    for (let i = 0; i < 600 && receipt.state === 'waiting'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      receipt = await get(`/v1/receipts/${taken.body.receipt}`);
    }
    expect(receipt).toMatchObject({
      state: 'done',
      received: 8_000,
      accepted: 7_992,
      quarantined: 8,
    });
    expect(receipt.items).toHaveLength(1_000);
    // Others stand in the topic too, and what is stored is sent after the receipt says so.
    const records = await vi.waitUntil(
      async () => {
        const big = (await readTopic(mesh.stack, TOPIC)).filter(({ value }) =>
          String(value?.['medicationStatementId']).startsWith('big-'),
        );
        return big.length >= 7_992 && big;
      },
      { timeout: 60_000, interval: 250 },
    );
    expect(new Set(records.map(({ value }) => value!['medicationStatementId'])).size).toBe(7_992);
    expect(records).toHaveLength(7_992);
  });
});

describe('a domain with a way in that must not be opened as it is set', () => {
  it('does not start, and says which and why, with a code', async () => {
    const [feed] = gp.sources;
    const listen = () => Promise.reject(new Error('mutual TLS is missing: set MESH_X'));
    const closed = { ...gp, sources: [{ ...feed!, listen }] };
    await expect(openDomain(closed, mesh.env)).rejects.toMatchObject({
      code: 'MESH-2016',
      message: expect.stringContaining('feed: mutual TLS is missing: set MESH_X'),
    });
  });
});

describe('a domain that goes on', () => {
  it('while governance is down, from what it remembers', async () => {
    await stop(app, quiet);
    mesh.governance.state.up = false;
    await start();
    await untilReady();
    expect((await post([{ do: 'put', id: 'g1', nhs: nhsNumber(50) }])).body).toMatchObject({
      accepted: 1,
    });
    await stop(app, quiet);
  });
});

async function settled(nhs: string, count: number): Promise<TopicRecord[]> {
  const until = Date.now() + 60_000;
  for (;;) {
    const found = (await readTopic(mesh.stack, TOPIC)).filter(
      ({ value }) => value?.['nhsNumber'] === nhs,
    );
    if (found.length >= count || Date.now() > until) return found;
  }
}

async function tell(what: 'replays' | 'discards', wanted: object): Promise<unknown> {
  const response = await fetch(`${url}/v1/quarantine/${what}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(wanted),
  });
  return response.json();
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of many shapes, each asserted where it is used
async function get(path: string): Promise<any> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return response.json();
}
