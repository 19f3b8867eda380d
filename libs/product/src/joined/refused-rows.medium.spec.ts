import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Answer } from '../intake/answer.js';
import { nhsNumber } from '../rig/feed.js';
import { smallMesh } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { joinedGp, reader } from '../rig/tables.js';
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
  await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), {
    timeout: 60_000,
  });
});
afterEach(() => {
  reader.isMended = false;
});
afterAll(async () => {
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

/** Sends rows as one file; what became of each, and the quarantine entries of those that were refused. */
async function post(...rows: TableRow[]): Promise<{ outcomes: string[]; ids: string[] }> {
  const body = rows.map((row) => JSON.stringify(row)).join('\n');
  const { items } = (await call('intake/tables', 'application/x-ndjson', body)) as Answer;
  return {
    outcomes: items.map(({ outcome }) => outcome),
    ids: items.flatMap(({ quarantineId }) => (quarantineId ? [quarantineId] : [])),
  };
}

const replay = (...ids: string[]) =>
  call('quarantine/replays', 'application/json', JSON.stringify({ ids }));

/** An entry's state, the step that refused it and its codes. */
async function entry(id: string): Promise<string> {
  const item = (await call(`quarantine/${id}`, '')) as Record<'state' | 'step', string> & {
    errors: { code: string }[];
  };
  return [item.state, item.step, ...item.errors.map(({ code }) => code)].join(' ');
}

async function openEntries(): Promise<string[]> {
  const { items } = (await call('quarantine?state=open', '')) as { items: { id: string }[] };
  return items.map(({ id }) => id);
}

const [SEPTEMBER, OCTOBER] = ['2026-09-30T00:00:00Z', '2026-10-31T00:00:00Z'];
const unread = (row: Omit<TableRow, 'text'>): TableRow => ({ ...row, text: 'unreadable' });
const OPEN = 'open read MESH-2232';
const CLOSED = 'resolved read MESH-2232';

describe('a row that could not be read', () => {
  it.each([
    ['patient', undefined],
    ['referral', 'P20'],
    ['contact', 'R20'],
    ['activity', 'C20'],
  ] as const)('is no longer open when its %s comes corrected', async (part, parent) => {
    const row = { part, key: `${part}20`, ...(parent && { parent }) };
    const { outcomes, ids } = await post(unread(row));
    expect(outcomes).toEqual(['quarantined']);
    expect(await entry(ids[0]!)).toBe(OPEN);
    await post({ ...row, key: 'another', text: 'fine' });
    expect(await entry(ids[0]!)).toBe(OPEN);
    await post({ ...row, text: 'fine' });
    expect(await entry(ids[0]!)).toBe(CLOSED);
  });

  it('stays open when only an earlier return of it comes, though that is new', async () => {
    const row = { part: 'activity', key: 'A21', parent: 'C21' } as const;
    const { ids } = await post(unread({ ...row, at: OCTOBER }));
    await post({ ...row, text: 'before', at: SEPTEMBER });
    expect(await entry(ids[0]!)).toBe(OPEN);
    await post({ ...row, text: 'corrected', at: OCTOBER });
    expect(await entry(ids[0]!)).toBe(CLOSED);
  });

  it('is no longer open when what is held of it comes once more', async () => {
    const row = { part: 'activity', key: 'A22', parent: 'C22' } as const;
    await post({ ...row, text: 'fine' });
    const { ids } = await post(unread(row));
    await post({ ...row, text: 'fine' });
    expect(await entry(ids[0]!)).toBe(CLOSED);
  });

  it('of two in one file the later counts', async () => {
    const row = { part: 'activity', parent: 'C23' } as const;
    const first = await post(unread({ ...row, key: 'A23' }), { ...row, key: 'A23', text: 'fine' });
    expect(await entry(first.ids[0]!)).toBe(CLOSED);
    const second = await post({ ...row, key: 'A24', text: 'fine' }, unread({ ...row, key: 'A24' }));
    expect(await entry(second.ids[0]!)).toBe(OPEN);
    // Were it readable, the one of the later return would count all the same.
    const third = await post(
      { ...row, key: 'A26', text: 'fine', at: OCTOBER },
      unread({ ...row, key: 'A26', at: SEPTEMBER }),
    );
    expect(await entry(third.ids[0]!)).toBe(CLOSED);
  });

  it('stays open when what is held of it is mapped again for another row', async () => {
    await post(
      { part: 'patient', key: 'P25', text: 'p', nhs: nhsNumber(25) },
      { part: 'referral', key: 'R25', parent: 'P25', text: 'r' },
      { part: 'contact', key: 'C25', parent: 'R25', text: 'c' },
    );
    const { ids } = await post(unread({ part: 'contact', key: 'C25', parent: 'R25' }));
    expect(await post({ part: 'referral', key: 'R25', parent: 'P25', text: 's' })).toMatchObject({
      outcomes: ['accepted'],
    });
    expect(await entry(ids[0]!)).toBe(OPEN);
  });
});

describe('a row taken in again from quarantine', () => {
  it('is refused as before while it cannot be read', async () => {
    const { ids } = await post(unread({ part: 'patient', key: 'P30' }));
    expect(await replay(...ids)).toEqual({ replayed: 1, published: 0, refused: 1 });
    expect(await entry(ids[0]!)).toBe(OPEN);
  });

  it('goes where it would have gone, and what waited for it is published', async () => {
    const nhs = nhsNumber(31);
    const { outcomes, ids } = await post(
      unread({ part: 'patient', key: 'P31', nhs }),
      { part: 'referral', key: 'R31', parent: 'P31', text: 'r' },
      { part: 'contact', key: 'C31', parent: 'R31', text: 'c' },
    );
    expect(outcomes).toEqual(['quarantined', 'held', 'held']);
    reader.isMended = true;
    expect(await replay(...ids)).toEqual({ replayed: 1, published: 1, refused: 0 });
    expect(await entry(ids[0]!)).toBe('replayed read MESH-2232');
    expect(await post({ part: 'contact', key: 'C31', parent: 'R31', text: 'c' })).toMatchObject({
      outcomes: ['unchanged'],
    });
  });

  it('is held as others are while what it belongs to is missing', async () => {
    const { ids } = await post(unread({ part: 'contact', key: 'C32', parent: 'R32' }));
    reader.isMended = true;
    expect(await replay(...ids)).toEqual({ replayed: 1, published: 0, refused: 0, held: 1 });
    expect(await entry(ids[0]!)).toBe('replayed read MESH-2232');
    await post({ part: 'referral', key: 'R32', parent: 'P32', text: 'r' });
    expect(
      await post({ part: 'patient', key: 'P32', text: 'p', nhs: nhsNumber(32) }),
    ).toMatchObject({ outcomes: ['accepted'] });
  });

  it('stays under its entry, for the reason it has now, when what it is joined to is wrong', async () => {
    const patient = { part: 'patient', key: 'P33', text: 'p' } as const;
    await post(
      { ...patient, nhs: nhsNumber(33).slice(1) },
      { part: 'referral', key: 'R33', parent: 'P33', text: 'r' },
    );
    const { ids } = await post(unread({ part: 'contact', key: 'C33', parent: 'R33' }));
    const others = await openEntries();
    reader.isMended = true;
    for (const _ of ['once', 'and once more']) {
      expect(await replay(...ids)).toEqual({ replayed: 1, published: 0, refused: 1 });
      expect(await entry(ids[0]!)).toBe('open values MESH-2201');
      expect(await openEntries()).toEqual(others);
    }
    await post({ ...patient, nhs: nhsNumber(33) });
    expect(await entry(ids[0]!)).toBe('resolved values MESH-2201');
  });
});
