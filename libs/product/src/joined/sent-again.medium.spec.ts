import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Answer } from '../intake/answer.js';
import { nhsNumber } from '../rig/feed.js';
import { readTopic } from '../rig/read-topic.js';
import { smallMesh, TOPIC } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { joinedGp, reader } from '../rig/tables.js';
import type { TableRow } from '../rig/tables.js';
import { openDomain } from '../start/start-domain.js';

let mesh: SmallMesh;
let app: NestFastifyApplication;
let url: string;
let token: string;
let database: pg.Client;

beforeAll(async () => {
  mesh = await smallMesh();
  token = await mesh.token();
  app = await openDomain(joinedGp, mesh.env);
  url = await app.getUrl();
  await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), {
    timeout: 60_000,
  });
  database = new pg.Client({ connectionString: mesh.database.url });
  await database.connect();
});
afterEach(() => {
  reader.isMended = false;
});
afterAll(async () => {
  await database?.end();
  if (app) await stop(app, { error: () => undefined } as never);
  await mesh?.close();
});

async function call(path: string, type: string, body?: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': type }) };
  const response = await fetch(
    `${url}/v1/${path}`,
    body ? { method: 'POST', headers, body } : { headers },
  );
  expect(response.status).toBe(200);
  return response.json();
}

type Told = { outcomes: string[]; names: (string | null)[]; ids: string[]; codes: string[] };

/** Sends rows as one file; what each is answered, in their order. */
async function post(...rows: TableRow[]): Promise<Told> {
  const body = rows.map((row) => JSON.stringify(row)).join('\n');
  const { items, received } = (await call('intake/tables', 'application/x-ndjson', body)) as Answer;
  expect([received, items.length]).toEqual([rows.length, rows.length]);
  return {
    outcomes: items.map(({ outcome }) => outcome),
    names: items.map(({ sourceId }) => sourceId),
    ids: items.flatMap(({ quarantineId }) => quarantineId ?? []),
    codes: items.flatMap(({ errors }) => errors.map(({ code }) => code)),
  };
}

type Entry = { id: string; sourceId: string | null };

async function openEntries(): Promise<string[]> {
  const { items } = (await call('quarantine?state=open', '')) as { items: Entry[] };
  return items.map(({ id }) => id);
}

async function stateOf(id: string): Promise<string> {
  return ((await call(`quarantine/${id}`, '')) as { state: string }).state;
}

const putAway = (id: string) =>
  database.query(`UPDATE quarantine SET state = 'discarded' WHERE id = $1`, [id]);

/** What was published about a person, in order: revision and text. */
async function published(nhs: string, count: number): Promise<string[]> {
  return vi.waitFor(
    async () => {
      const records = await readTopic(mesh.stack, TOPIC);
      const found = records.filter(({ value }) => value?.['nhsNumber'] === nhs);
      expect(found.length).toBeGreaterThanOrEqual(count);
      return found.map(
        ({ headers, value }) =>
          `${headers['ce_recordrevision']} ${String(value!['medicationText'])}`,
      );
    },
    { timeout: 60_000 },
  );
}

const [SEPTEMBER, OCTOBER] = ['2026-09-30T00:00:00Z', '2026-10-31T00:00:00Z'];

/** The rows of one contact: patient, referral and the contact itself. */
function delivery(n: number, { at }: { at?: string } = {}): [TableRow, TableRow, TableRow] {
  const time = at !== undefined && { at };
  return [
    { part: 'patient', key: `P${n}`, text: 'p', nhs: nhsNumber(n), ...time },
    { part: 'referral', key: `R${n}`, parent: `P${n}`, text: 'r', ...time },
    { part: 'contact', key: `C${n}`, parent: `R${n}`, text: 'c', ...time },
  ];
}

describe('a file delivered again', () => {
  it('does not undo a correction of the same return', async () => {
    const [patient, referral, contact] = delivery(101, { at: SEPTEMBER });
    await post(patient, referral, contact);
    const corrected = { ...patient, text: 'q' };
    expect(await post(corrected)).toMatchObject({ outcomes: ['accepted'] });
    for (const _ of ['once', 'and once more'])
      expect(await post(patient, referral, contact)).toMatchObject({
        outcomes: ['unchanged', 'unchanged', 'unchanged'],
      });
    await post({ ...contact, text: 'd' });
    expect(await post(contact)).toMatchObject({ outcomes: ['unchanged'] });
    // What is said in the next return counts, whatever was said before.
    await post({ ...patient, at: OCTOBER });
    expect(await published(nhsNumber(101), 4)).toEqual([
      '1 p/r/c:',
      '2 q/r/c:',
      '3 q/r/d:',
      '4 p/r/d:',
    ]);
  });

  it('does not undo what stood further down in it', async () => {
    const [patient, referral, contact] = delivery(102, { at: SEPTEMBER });
    await post(patient, referral, contact, { ...contact, text: 'd' });
    expect(await post(contact)).toMatchObject({ outcomes: ['unchanged'] });
    await post({ ...patient, text: 'q' });
    expect(await published(nhsNumber(102), 2)).toEqual(['1 p/r/d:', '2 q/r/d:']);
  });

  it('counts in order of receipt where no return is named', async () => {
    const [patient, referral, contact] = delivery(103);
    await post(patient, referral, contact);
    await post({ ...patient, text: 'q' });
    expect(await post(patient)).toMatchObject({ outcomes: ['accepted'] });
    expect(await published(nhsNumber(103), 3)).toEqual(['1 p/r/c:', '2 q/r/c:', '3 p/r/c:']);
  });

  it.each([
    [104, 'refused', 'resolved'],
    [108, 'refused and put away', 'discarded'],
  ])('takes a row back to what it was (%i) when what came between was %s', async (n, _, state) => {
    const [patient, referral, contact] = delivery(n, { at: SEPTEMBER });
    await post(patient, referral, contact);
    const { ids } = await post({ ...contact, text: 'faulty' });
    if (state === 'discarded') await putAway(ids[0]!);
    await post(contact);
    expect(await stateOf(ids[0]!)).toBe(state);
    await post({ ...patient, text: 'q' });
    expect(await published(nhsNumber(n), 2)).toEqual(['1 p/r/c:', '2 q/r/c:']);
  });

  it.each(['activity', 'patient'] as const)(
    'takes back a correction of the %s that cost the root, and no other',
    async (part) => {
      const n = part === 'activity' ? 109 : 110;
      const [patient, referral, contact] = delivery(n, { at: SEPTEMBER });
      const activity = { ...contact, part: 'activity', key: `A${n}`, parent: `C${n}` } as const;
      await post(patient, referral, contact, { ...activity, text: 'a' });
      await post({ ...referral, text: 's' });
      const right = part === 'activity' ? ({ ...activity, text: 'a' } as const) : patient;
      const { outcomes } = await post({ ...right, text: 'wrong' });
      expect(outcomes).toEqual(['accepted']);
      // Of the referral it is not known to be wrong.
      expect((await post(referral, right)).outcomes).toEqual(['unchanged', 'accepted']);
      await post({ ...activity, key: `B${n}`, text: 'b' });
      expect(await published(nhsNumber(n), 3)).toEqual([
        ...['1 p/r/c:a', '2 p/s/c:a', '3 p/s/c:a,b'],
      ]);
    },
  );

  it('is known for as long as the row is kept that came in its place', async () => {
    const [patient] = delivery(105, { at: SEPTEMBER });
    const former = async () => {
      const { rows } = await database.query('SELECT count(*)::int AS n FROM part_former');
      return (rows as { n: number }[])[0]!.n;
    };
    const before = await former();
    await post(patient);
    expect(await former()).toBe(before);
    await post({ ...patient, text: 'q' });
    expect(await former()).toBe(before + 1);
    await database.query('DELETE FROM part_row WHERE at = $1 AND source_id = $2', [
      Date.parse(SEPTEMBER),
      'P105',
    ]);
    expect(await former()).toBe(before);
  });

  it('is told to wait still where it waits', async () => {
    const [, referral, contact] = delivery(106);
    const activity = { part: 'activity', key: 'A106', parent: 'C106', text: 'a' } as const;
    for (const _ of ['first', 'again', 'and again'])
      expect(await post(referral, contact, activity)).toMatchObject({
        outcomes: ['held', 'held', 'held'],
        codes: ['MESH-2401', 'MESH-2401', 'MESH-2401'],
      });
    expect(await post(activity)).toMatchObject({ outcomes: ['held'] });
  });

  it('is told to be taken when what it waited for comes along', async () => {
    const [patient, referral, contact] = delivery(107);
    await post(referral, contact);
    expect(await post(patient, referral, contact)).toMatchObject({
      outcomes: ['accepted', 'unchanged', 'accepted'],
    });
    expect(await post(patient, referral, contact)).toMatchObject({
      outcomes: ['unchanged', 'unchanged', 'unchanged'],
    });
  });
});

describe('a root that is refused', () => {
  const faulty = (n: number, at?: string): [TableRow, TableRow, TableRow] => {
    const [patient, referral, contact] = delivery(n, { at: at ?? SEPTEMBER });
    return [patient, referral, { ...contact, text: 'faulty' }];
  };

  it('stays one entry however often it is mapped again', async () => {
    const [patient, referral, contact] = faulty(111);
    const contacts = ['a', 'b', 'c'].map((one) => ({ ...contact, key: `C111${one}` }));
    const { ids } = await post(patient, referral, ...contacts);
    expect(ids).toHaveLength(3);
    const open = await openEntries();
    await post({ ...patient, at: OCTOBER });
    await post({ ...referral, at: OCTOBER });
    expect(await openEntries()).toEqual(open);
    const { ids: later } = await post({ ...contacts[1]!, at: OCTOBER });
    expect(later).toEqual([ids[1]]);
    expect(await openEntries()).toEqual(open);
    await post({ ...contacts[1]!, text: 'fine', at: OCTOBER });
    expect(await openEntries()).toEqual(open.filter((id) => id !== ids[1]));
  });

  it('stays put away while it is the same and wrong in the same way', async () => {
    const [patient, referral, contact] = faulty(112);
    const { ids } = await post(patient, referral, contact);
    await putAway(ids[0]!);
    const open = await openEntries();
    await post({ ...patient, text: 'q', at: OCTOBER });
    expect(await openEntries()).toEqual(open);
    const { outcomes, ids: next } = await post({ ...contact, at: OCTOBER });
    expect(outcomes).toEqual(['quarantined']);
    expect(next).not.toEqual(ids);
    expect(await openEntries()).toEqual([...open, ...next]);
    // Wrong in another way, it is something else to look at.
    await database.query(`UPDATE quarantine SET state = 'discarded', errors = '[]' WHERE id = $1`, [
      next[0],
    ]);
    await post({ ...patient, text: 's', at: OCTOBER });
    expect(await openEntries()).toHaveLength(open.length + 1);
  });

  it('is refused again when it comes again as it was', async () => {
    const rows = faulty(113);
    const { ids, codes } = await post(...rows);
    const open = await openEntries();
    expect(await post(...rows)).toEqual({
      outcomes: ['unchanged', 'unchanged', 'quarantined'],
      names: ['P113', 'R113', 'C113'],
      ...{ ids, codes },
    });
    expect(await openEntries()).toEqual(open);
  });

  it('is taken as it was when what was wrong beside it comes with it', async () => {
    const [patient, referral, contact] = delivery(114);
    const wrong = { ...patient, nhs: nhsNumber(114).slice(1) };
    const { ids } = await post(wrong, referral, contact);
    expect(await post(patient, referral, contact)).toMatchObject({
      outcomes: ['accepted', 'unchanged', 'accepted'],
    });
    expect(await stateOf(ids[0]!)).toBe('resolved');
  });

  it('is not called by what tells who it is about', async () => {
    const rows: TableRow[] = [
      { part: 'patient', key: 'MRN80012', text: 'p', nhs: nhsNumber(115) },
      { part: 'referral', key: 'R115', parent: 'MRN80012', text: 'r' },
      { part: 'contact', key: 'MRN80012/C1', parent: 'R115', text: 'faulty' },
    ];
    const { names, ids } = await post(...rows);
    expect(names[2]).toBe('item 3');
    expect(((await call(`quarantine/${ids[0]}`, '')) as Entry).sourceId).toBe('item 3');
    expect((await post(...rows)).names[2]).toBe('item 3');
  });
});

describe('a row that cannot be read', () => {
  it('stays one entry when it comes again as it was', async () => {
    const row = { part: 'contact', key: 'C121', parent: 'R121', text: 'unreadable' } as const;
    const { ids } = await post(row);
    const open = await openEntries();
    for (const _ of ['once', 'and once more']) expect(await post(row)).toMatchObject({ ids });
    expect(await openEntries()).toEqual(open);
    const { ids: other } = await post({ ...row, parent: 'R122' });
    expect(await openEntries()).toEqual([...open, ...other]);
    await post({ ...row, text: 'fine' });
    expect(await stateOf(ids[0]!)).toBe('resolved');
    expect(await stateOf(other[0]!)).toBe('resolved');
    const { ids: anew } = await post(row);
    expect(ids).not.toContain(anew[0]);
  });
});
