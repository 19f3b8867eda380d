import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Committer } from '../intake/committer.js';
import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';

const KEY = Buffer.alloc(32, 19);
let domain: CommittingDomain;
/** Two processes of one domain, and somebody who holds up what they write until both have decided. */
let processes: [Committer, Committer];
let holder: pg.Client;

beforeAll(async () => {
  domain = await committingDomain(KEY);
  processes = [domain.committer, domain.committerOf()];
  holder = new pg.Client({ connectionString: domain.url });
  await holder.connect();
});
afterAll(async () => {
  await holder?.end();
  await processes?.[1].close();
  await domain?.close();
});

const said = async (by: Committer, line: Line): Promise<string> => {
  const record = { index: 0, sourceId: null, raw: JSON.stringify(line), record: line, at: null };
  const [outcome] = await by.commit({ items: [domain.preparer.prepare(record, ARRIVAL)] });
  return [outcome?.outcome, ...outcome!.errors.map(({ code }) => code)].join(' ');
};

/** Resolves when so many transactions of the domain's wait for a lock. */
const untilWaiting = (count: number) =>
  expect
    .poll(
      async () => {
        const { rows } = await domain.database.pool.query<{ count: string }>(
          `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return Number(rows[0]!.count);
      },
      { timeout: 20_000 },
    )
    .toBe(count);

const JANUARY = '2026-01-01T00:00:00Z';
const FEBRUARY = '2026-02-01T00:00:00Z';
const MARCH = '2026-03-01T00:00:00Z';

it('does not call a content true at a later time that another process has replaced meanwhile', async () => {
  const line: Line = { do: 'put', id: 't1', nhs: nhsNumber(60), text: 'first', at: JANUARY };
  const [one, two] = processes;
  expect(await said(one, line)).toBe('accepted');
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE payload IN SHARE MODE');
  // It has written its record, and waits to keep what came; the other finds the record as it was, and waits for that row.
  const replacing = said(two, { ...line, text: 'second', at: FEBRUARY });
  await untilWaiting(1);
  const confirming = said(one, { ...line, at: MARCH });
  await untilWaiting(2);
  await holder.query('COMMIT');
  expect(await Promise.all([replacing, confirming])).toEqual(['accepted', 'accepted']);
  const { rows } = await domain.database.pool.query<{ at: string; content: Buffer }>(
    `SELECT at, revision, content FROM record`,
  );
  expect(rows).toMatchObject([{ at: String(Date.parse(MARCH)), revision: 3 }]);
  expect(domain.running.live.codec.content(rows[0]!.content)).toMatchObject({
    medicationText: 'first',
  });
});

it('makes no circle of two merges that each have the one become the other', async () => {
  const [a, b] = [nhsNumber(61), nhsNumber(62)];
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE payload IN SHARE MODE');
  const merging = [
    said(processes[0], { do: 'merge', nhs: a, into: b }),
    said(processes[1], { do: 'merge', nhs: b, into: a }),
  ];
  await untilWaiting(2);
  await holder.query('COMMIT');
  const outcomes = await Promise.all(merging);
  expect(outcomes.sort()).toEqual(['accepted', 'quarantined MESH-2602']);
  expect(await said(processes[0], { do: 'put', id: 'm1', nhs: a })).toBe('accepted');
  expect(await said(processes[1], { do: 'put', id: 'm2', nhs: b })).toBe('accepted');
});
