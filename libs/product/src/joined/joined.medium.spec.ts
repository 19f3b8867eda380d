import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Answer } from '../intake/answer.js';
import { nhsNumber } from '../rig/feed.js';
import { readTopic } from '../rig/read-topic.js';
import { smallMesh, TOPIC } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { joinedGp } from '../rig/tables.js';
import type { TableRow } from '../rig/tables.js';
import { openDomain } from '../start/start-domain.js';

let mesh: SmallMesh;
let app: NestFastifyApplication;
let url: string;
let token: string;

beforeAll(async () => {
  mesh = await smallMesh();
  token = await mesh.token();
  app = await openDomain(joinedGp, mesh.env);
  url = await app.getUrl();
  for (let i = 0; (await fetch(`${url}/health/ready`)).status !== 200 && i < 1_200; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
afterAll(async () => {
  if (app) await stop(app, { error: () => undefined } as never);
  await mesh?.close();
});

async function post(...rows: TableRow[]): Promise<Answer> {
  const response = await fetch(`${url}/v1/intake/tables`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

/** What was published about a person, in order: revision and text. */
async function published(nhs: string, count: number): Promise<(string | undefined)[][]> {
  const until = Date.now() + 60_000;
  for (;;) {
    const found = (await readTopic(mesh.stack, TOPIC)).filter(
      ({ value }) => value?.['nhsNumber'] === nhs,
    );
    if (found.length >= count || Date.now() > until) {
      return found.map(({ headers, value }) => [
        headers['ce_recordrevision'],
        String(value!['medicationText']),
      ]);
    }
  }
}

const outcomes = (answer: Answer) => answer.items.map(({ outcome }) => outcome);

it('joins tables that come together, in any order, and publishes each root once', async () => {
  const nhs = nhsNumber(1);
  const answer = await post(
    { part: 'activity', key: 'A1', parent: 'C1', text: 'b' },
    { part: 'activity', key: 'A2', parent: 'C1', text: 'a' },
    { part: 'contact', key: 'C1', parent: 'R1', text: 'c' },
    { part: 'referral', key: 'R1', parent: 'P1', text: 'r' },
    { part: 'patient', key: 'P1', text: 'p', nhs },
  );
  expect(answer).toMatchObject({ received: 5, accepted: 5 });
  expect(await published(nhs, 1)).toEqual([['1', 'p/r/c:a,b']]);
});

it('holds what waits for a row it belongs to, until that row comes', async () => {
  const nhs = nhsNumber(2);
  const contact = await post({ part: 'contact', key: 'C2', parent: 'R2', text: 'c' });
  expect(contact).toMatchObject({ received: 1, held: 1 });
  expect(contact.items[0]!.errors[0]!.code).toBe('MESH-2401');
  expect(outcomes(await post({ part: 'activity', key: 'A3', parent: 'C2', text: 'a' }))).toEqual([
    'held',
  ]);
  expect(outcomes(await post({ part: 'contact', key: 'C2', parent: 'R2', text: 'c' }))).toEqual([
    'held',
  ]);
  expect(outcomes(await post({ part: 'referral', key: 'R2', parent: 'P2', text: 'r' }))).toEqual([
    'held',
  ]);
  expect(outcomes(await post({ part: 'patient', key: 'P2', text: 'p', nhs }))).toEqual([
    'accepted',
  ]);
  expect(await published(nhs, 1)).toEqual([['1', 'p/r/c:a']]);
});

it('maps a root again when any of its rows changes, and not when none does', async () => {
  const nhs = nhsNumber(3);
  const rows: TableRow[] = [
    { part: 'patient', key: 'P3', text: 'p', nhs },
    { part: 'referral', key: 'R3', parent: 'P3', text: 'r' },
    { part: 'contact', key: 'C3', parent: 'R3', text: 'c' },
    { part: 'contact', key: 'C4', parent: 'R3', text: 'd' },
  ];
  expect(await post(...rows)).toMatchObject({ accepted: 4 });
  expect(await post(...rows)).toMatchObject({ unchanged: 4 });
  expect(await post({ ...rows[0]!, text: 'q' })).toMatchObject({ accepted: 1 });
  expect(await post({ part: 'activity', key: 'A5', parent: 'C3', text: 'a' })).toMatchObject({
    accepted: 1,
  });
  expect((await published(nhs, 5)).map((one) => one.join(' ')).toSorted()).toEqual([
    '1 p/r/c:',
    '1 p/r/d:',
    '2 q/r/c:',
    '2 q/r/d:',
    '3 q/r/c:a',
  ]);
});

it('maps the root that a row leaves as well as the one it moves to, though what is left is older', async () => {
  const nhs = nhsNumber(5);
  const [early, late] = ['2026-10-31T00:00:00Z', '2026-11-30T00:00:00Z'];
  await post(
    { part: 'patient', key: 'P7', text: 'p', nhs },
    { part: 'referral', key: 'R7', parent: 'P7', text: 'r' },
    { part: 'contact', key: 'C7', parent: 'R7', text: 'c', at: early },
    { part: 'contact', key: 'C8', parent: 'R7', text: 'd', at: early },
    { part: 'activity', key: 'A7', parent: 'C7', text: 'a', at: late },
  );
  expect(
    await post({ part: 'activity', key: 'A7', parent: 'C8', text: 'a', at: late }),
  ).toMatchObject({ accepted: 1 });
  expect((await published(nhs, 4)).map((one) => one.join(' ')).toSorted()).toEqual([
    '1 p/r/c:a',
    '1 p/r/d:',
    '2 p/r/c:',
    '2 p/r/d:a',
  ]);
});

it('of two rows of one key in one file the later return counts, of one return the last', async () => {
  const [nhs, before] = [nhsNumber(6), nhsNumber(7)];
  const [early, late] = ['2026-10-31T00:00:00Z', '2026-11-30T00:00:00Z'];
  const answer = await post(
    { part: 'patient', key: 'P9', text: 'new', nhs, at: late },
    { part: 'patient', key: 'P9', text: 'old', nhs: before, at: early },
    { part: 'referral', key: 'R9', parent: 'P9', text: 'old', at: early },
    { part: 'referral', key: 'R9', parent: 'P9', text: 'new', at: late },
    { part: 'contact', key: 'C9', parent: 'R9', text: 'new', at: late },
    { part: 'contact', key: 'C9', parent: 'R9', text: 'old', at: early },
    { part: 'activity', key: 'A9', parent: 'C9', text: 'first', at: late },
    { part: 'activity', key: 'A9', parent: 'C9', text: 'last', at: late },
  );
  expect(answer).toMatchObject({ received: 8, accepted: 4, unchanged: 4 });
  const byItem = answer.items.toSorted((a, b) => a.index - b.index);
  expect(byItem.map(({ outcome }) => outcome)).toEqual([
    ...['accepted', 'unchanged', 'unchanged', 'accepted'],
    ...['accepted', 'unchanged', 'unchanged', 'accepted'],
  ]);
  expect(await published(nhs, 1)).toEqual([['1', 'new/new/new:last']]);
});

it('puts a root that cannot be mapped into quarantine, and resolves it when it can', async () => {
  const nhs = nhsNumber(4);
  const answer = await post(
    { part: 'patient', key: 'P6', text: 'p', nhs },
    { part: 'referral', key: 'R6', parent: 'P6', text: 'r' },
    { part: 'contact', key: 'C6', parent: 'R6', text: 'faulty' },
  );
  expect(outcomes(answer)).toEqual(['accepted', 'accepted', 'quarantined']);
  const id = answer.items[2]!.quarantineId!;
  await post({ part: 'contact', key: 'C6', parent: 'R6', text: 'fine' });
  const item = await fetch(`${url}/v1/quarantine/${id}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await item.json()).toMatchObject({ state: 'resolved', step: 'map' });
  expect(await published(nhs, 1)).toEqual([['1', 'p/r/fine:']]);
});

it('keeps a root for as long as its record, that another row changed', async () => {
  const nhs = nhsNumber(30);
  const patient: TableRow = { part: 'patient', key: 'P30', text: 'p', nhs };
  const contact: TableRow = { part: 'contact', key: 'C30', parent: 'R30', text: 'c' };
  await post(patient, { part: 'referral', key: 'R30', parent: 'P30', text: 'r' }, contact);
  const sql = new pg.Client({ connectionString: mesh.database.url });
  await sql.connect();
  const old = async () => {
    const { rows } = await sql.query<{ part: string }>(
      `SELECT part FROM part_row WHERE kept_from < now() - interval '1 year' ORDER BY part`,
    );
    return rows.map(({ part }) => part);
  };
  try {
    await sql.query(`UPDATE part_row SET kept_from = now()`);
    await sql.query(
      `UPDATE part_row SET kept_from = now() - interval '2 years' WHERE receipt = (
         SELECT receipt FROM part_row ORDER BY (source_id = 'C30') DESC NULLS LAST LIMIT 1)`,
    );
    expect(await old()).toEqual(['contact', 'patient', 'referral']);
    await post({ ...patient, text: 'q' });
    expect(await published(nhs, 2)).toEqual([
      ['1', 'p/r/c:'],
      ['2', 'q/r/c:'],
    ]);
    // The referral stays for as long as a contact belongs to it.
    expect(await old()).toEqual(['referral']);
    // What comes again and says nothing new makes nothing younger.
    await sql.query(`UPDATE part_row SET kept_from = now() - interval '2 years'`);
    const all = await old();
    await post({ ...patient, text: 'q' });
    expect(await old()).toEqual(all);
  } finally {
    await sql.end();
  }
});
