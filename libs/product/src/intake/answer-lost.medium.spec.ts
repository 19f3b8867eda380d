import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { UNMARK } from '../joined/part-statements.js';
import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { losingAnswers } from '../rig/losing-answers.js';
import { sentTo } from '../rig/sent-to.js';
import { TOPIC } from '../rig/small-mesh.js';
import type { Unit } from './attempt.js';
import type { Prepared } from './prepare.js';

const PERSON = nhsNumber(1);
let domain: CommittingDomain;
let sql: CommittingDomain['database']['pool'];

beforeAll(async () => {
  domain = await committingDomain(Buffer.alloc(32, 17), { patienceMs: 2_000 });
  sql = domain.database.pool;
});
afterAll(() => domain.close());

function prepared(line: Line): Prepared {
  const item = { index: 0, sourceId: line.id ?? null, raw: JSON.stringify(line), at: null };
  return domain.preparer.prepare({ ...item, record: line }, ARRIVAL);
}

/** Commits a unit of one item over a connection that breaks when its commit is to be answered; what is answered in the end. */
async function committed(unit: Unit, statement: string): Promise<string> {
  const proxy = await losingAnswers(domain.url, statement);
  const own = domain.committerOf(proxy.url);
  const answered = await own.commit(unit).then(
    ([item]) => item!.outcome,
    (error: unknown) => (error as { code: string }).code,
  );
  expect(proxy.lost).toBe(1);
  await Promise.all([own.close(), proxy.close()]);
  return answered;
}

/** How many there are: entries in quarantine, records sent, marks of roots still to be mapped. */
async function counts() {
  const { rows } = await sql.query<{ refused: number; marks: number }>(
    `SELECT (SELECT count(*)::int FROM quarantine) AS refused, (SELECT count(*)::int FROM part_mark) AS marks`,
  );
  return { ...rows[0]!, sent: (await sentTo(domain.database, TOPIC)).length };
}

it('stores a batch once, also if all of it was refused', async () => {
  const unit = { items: [prepared({ do: 'faulty', id: 'v1' })] };
  expect(await committed(unit, 'quarantine-insert')).toBe('quarantined');
  expect(await counts()).toEqual({ refused: 1, marks: 0, sent: 0 });
});

/** A marked root that is mapped, as the unit that takes its mark away; one that stands in quarantine as that entry. */
async function rootOf(line: Line, isRefused = false): Promise<Unit> {
  const key = Buffer.alloc(16, 1);
  const { rows } = await sql.query<{ mark: string }>(
    `INSERT INTO part_mark (key, source, mark, digest, held)
     VALUES ($1, 'feed', nextval('part_mark_number'), $1, false) RETURNING mark`,
    [key],
  );
  const refused = await sql.query<{ id: string }>(`SELECT id FROM quarantine`);
  const root = { ...prepared(line), joinedRoot: key, landing: null };
  return {
    items: [isRefused ? { ...root, entry: refused.rows[0]!.id } : root],
    also: () => [{ ...UNMARK, values: [rows.map(({ mark }) => mark), 'feed'] }],
  };
}

it.each<[string, Line, string, Awaited<ReturnType<typeof counts>>]>([
  [
    'of a joined root',
    { do: 'put', id: 'r1', nhs: PERSON },
    'accepted',
    { refused: 1, marks: 0, sent: 1 },
  ],
  [
    'of one that says nothing new',
    { do: 'put', id: 'r1', nhs: PERSON },
    'unchanged',
    { refused: 1, marks: 0, sent: 1 },
  ],
  [
    'of one that stays in quarantine',
    { do: 'faulty', id: 'v1' },
    'quarantined',
    { refused: 1, marks: 0, sent: 1 },
  ],
])('takes the mark away once and answers what is stored, %s', async (_, line, outcome, found) => {
  const unit = await rootOf(line, outcome === 'quarantined');
  expect(await committed(unit, UNMARK.name)).toBe(outcome);
  expect(await counts()).toEqual(found);
});

it('looks again for a batch whose commit was still under way when it was looked for first', async () => {
  const proxy = await losingAnswers(domain.url, 'no statement');
  const own = domain.committerOf(proxy.url);
  const unit = await rootOf({ do: 'put', id: 'r2', nhs: PERSON });
  const holder = new pg.Client({ connectionString: domain.url });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE payload IN SHARE MODE');
  const committing = own.commit(unit).then(
    ([item]) => item!.outcome,
    (error: unknown) => (error as { code: string }).code,
  );
  await untilWaiting(1);
  proxy.cut();
  // Decided again, it waits for what the first holds.
  await untilWaiting(2);
  await holder.query('COMMIT');
  expect(await committing).toBe('accepted');
  expect(await counts()).toEqual({ refused: 1, marks: 0, sent: 2 });
  await Promise.all([own.close(), holder.end(), proxy.close()]);
});

const untilWaiting = (count: number) =>
  expect
    .poll(
      async () => {
        const { rows } = await sql.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows[0]!.n;
      },
      { timeout: 20_000 },
    )
    .toBe(count);
