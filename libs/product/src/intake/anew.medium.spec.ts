import { afterAll, beforeAll, expect, it } from 'vitest';

import { ARRIVAL as FEED_ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { fault } from '../errors.js';
import { Replayer } from '../quarantine/replay.js';
import { QuarantineStore } from '../quarantine/store.js';
import { gp, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';

const KEY = Buffer.alloc(32, 13);
const ARRIVAL = { ...FEED_ARRIVAL, contentType: 'text/csv' };
const AT = '2026-03-31T00:00:00Z';
let domain: CommittingDomain;
let database: CommittingDomain['database'];
let preparer: CommittingDomain['preparer'];
let committer: CommittingDomain['committer'];

beforeAll(async () => {
  domain = await committingDomain(KEY);
  ({ database, preparer, committer } = domain);
});
afterAll(() => domain.close());

/** A row as it is read: its bytes, the header they stand under, and what the two say together. */
type Row = Partial<Line> & { bytes: string; header?: string };

/** Takes rows in as one batch; what became of each: outcome, and the entry of a refused one. */
async function sent(...rows: Row[]): Promise<[outcome: string, entry: string | undefined][]> {
  const items = rows.map(({ bytes: raw, header: preamble, ...line }, index) => {
    const record = { do: 'put', nhs: nhsNumber(70), at: AT, ...line };
    const { message: messageId } = line;
    const head = { index, sourceId: null, raw, preamble, messageId };
    const item =
      line.do === 'broken'
        ? { ...head, outcome: 'quarantined' as const, errors: [fault('jsonMalformed', '/')] }
        : { ...head, record, at: record.at };
    return preparer.prepare(item, ARRIVAL);
  });
  const outcomes = await committer.commit({ items });
  return outcomes.map(({ outcome, quarantineId }) => [outcome, quarantineId]);
}

const became = async (...rows: Row[]) => (await sent(...rows)).map(([outcome]) => outcome);

async function stateOf(entry: string | undefined): Promise<string | undefined> {
  const sql = `SELECT state FROM quarantine WHERE id = $1`;
  const { rows } = await database.pool.query<{ state: string }>(sql, [entry]);
  return rows[0]?.state;
}

it('a row under a corrected header is another row, under the same one it is known again', async () => {
  const row = { id: 'h1', bytes: '7,20.50' };
  expect(await became({ ...row, header: 'ID,COSTS\r\n', text: 'no cost' })).toEqual(['accepted']);
  expect(await became({ ...row, header: 'ID,COST\r\n', text: '20.50' })).toEqual(['accepted']);
  for (const header of ['ID,COST\r\n', 'ID,COSTS\r\n'])
    expect(await became({ ...row, header, text: 'anything else' })).toEqual(['unchanged']);
});

it('a row known by its bytes does not undo what came between', async () => {
  const [a, b] = ['a', 'b'].map((text) => ({ id: 'u1', bytes: text, header: 'H\r\n', text }));
  expect(await became(a!)).toEqual(['accepted']);
  expect(await became(b!)).toEqual(['accepted']);
  expect(await became(a!, b!)).toEqual(['unchanged', 'unchanged']);
});

it('a refused row sent again is decided anew: one entry while it is refused, closed when it is not', async () => {
  const row = { id: 'r1', bytes: 'r1', header: 'H\r\n' };
  const [[first, entry], [second, sameEntry]] = (await sent(
    { ...row, do: 'faulty' },
    { ...row, do: 'faulty' },
  )) as [[string, string], [string, string]];
  expect([first, second]).toEqual(['quarantined', 'quarantined']);
  expect(sameEntry).toBe(entry);
  expect(await sent({ ...row, do: 'faulty' })).toEqual([['quarantined', entry]]);
  expect(await stateOf(entry)).toBe('open');
  expect(await became(row)).toEqual(['accepted']);
  expect(await stateOf(entry)).toBe('resolved');
  expect(await became({ ...row, text: 'anything else' })).toEqual(['unchanged']);
});

it('refused again after its entry was put away it stands in quarantine anew', async () => {
  const row: Row = { id: 'd1', bytes: 'd1', do: 'faulty' };
  const [[, entry]] = (await sent(row)) as [[string, string]];
  await database.pool.query(`UPDATE quarantine SET state = 'discarded' WHERE id = $1`, [entry]);
  const [[outcome, other]] = (await sent(row)) as [[string, string]];
  expect([outcome, await stateOf(other), await stateOf(entry)]).toEqual([
    ...['quarantined', 'open', 'discarded'],
  ]);
  expect(await sent(row)).toEqual([['quarantined', other]]);
});

it.each([
  ['could not be read', 'broken', AT],
  ['was refused and is of no known time', 'faulty', null],
] as const)('what %s is one entry however often it comes', async (_, fails, at) => {
  const row: Row = { id: `${fails}1`, bytes: fails, header: 'H\r\n', at, do: fails };
  const [[, entry]] = (await sent(row)) as [[string, string]];
  const same = ['quarantined', entry];
  expect(await sent(row, row)).toEqual([same, same]);
  const [[outcome, other]] = (await sent({ ...row, header: 'I\r\n' })) as [[string, string]];
  expect(outcome).toBe('quarantined');
  expect(other).not.toBe(entry);
});

it('what is of no known time and refused no longer is taken as often as it comes', async () => {
  const [a, b] = ['a', 'b'].map((text) => ({ id: 'o1', bytes: text, at: null, text }));
  const refused = { ...a!, do: 'faulty' as const };
  expect(await became(refused, a!, b!, a!, refused, b!)).toEqual([
    ...['quarantined', 'accepted', 'accepted', 'accepted', 'quarantined', 'accepted'],
  ]);
  expect(await became(refused, a!, b!)).toEqual(['quarantined', 'accepted', 'accepted']);
  const [[, entry]] = (await sent(refused)) as [[string, string]];
  expect(await sent(a!)).toEqual([['accepted', undefined]]);
  expect(await stateOf(entry)).toBe('resolved');
  const { rows } = await database.pool.query(
    `SELECT 1 FROM quarantine WHERE sha256 = encode(sha256('a'), 'hex') AND state = 'open'`,
  );
  expect(rows).toEqual([]);
});

it('refused, taken and refused again together it is known by its last entry', async () => {
  const [a, b] = [nhsNumber(73), nhsNumber(74)];
  const of = (nhs: string, text: string): Row => ({ id: 'x1', nhs, at: null, bytes: text, text });
  const mistaken: Row = { do: 'retract', id: 'x1', nhs: a, at: null, bytes: 'end' };
  await sent({ ...of(a, '1'), id: 'y1', bytes: '0' }, of(b, '1'), mistaken);
  const batch = await sent(mistaken, of(a, '2'), mistaken, of(b, '3'), mistaken);
  expect(batch.map(([outcome]) => outcome)).toEqual([
    ...['quarantined', 'accepted', 'retracted', 'accepted', 'quarantined'],
  ]);
  const last = batch[4]![1];
  expect(await sent(mistaken)).toEqual([['quarantined', last]]);
  expect(await became(of(a, '4'), mistaken)).toEqual(['accepted', 'retracted']);
  expect(await stateOf(last)).toBe('resolved');
});

it.each(['\r\n', '\n\r\n', ' '])('what could not be read is the same before %j', async (end) => {
  const row: Row = { bytes: 'unread', do: 'broken' };
  const [[, entry]] = (await sent(row)) as [[string, string]];
  expect(await sent({ ...row, bytes: `unread${end}` })).toEqual([['quarantined', entry]]);
});

it('a message is the same whatever stands between it and the next one', async () => {
  const row: Row = { id: 'm2', bytes: 'm2\r', message: 'M2' };
  expect(await became(row)).toEqual(['accepted']);
  for (const end of ['', '\r\n', '\r\n \t\r\n'])
    expect(await became({ ...row, bytes: `m2${end}` })).toEqual(['unchanged']);
  expect(await became({ ...row, bytes: 'm 2\r' })).toEqual(['quarantined']);
});

it('a message landed by a mesh of before is known by all its bytes', async () => {
  const row: Row = { id: 'm3', bytes: 'm3\r', message: 'M3' };
  expect(await became(row)).toEqual(['accepted']);
  await database.pool.query(
    String.raw`UPDATE landed SET digest = substr(sha256('m3\015'), 1, 16) WHERE digest = substr(sha256('m3'), 1, 16)`,
  );
  expect(await became(row)).toEqual(['unchanged']);
  expect(await became({ ...row, bytes: 'm3' })).toEqual(['quarantined']);
});

it('a message with an identity of its own is answered as before', async () => {
  const row: Row = { id: 'm1', bytes: 'm1', message: 'M1' };
  const [[, entry]] = (await sent({ ...row, do: 'faulty' })) as [[string, string]];
  expect(await sent(row)).toEqual([['quarantined', entry]]);
});

it('taken in again and refused by what is held, it stays the one entry that it was', async () => {
  const [a, b] = [nhsNumber(71), nhsNumber(72)];
  const lines: Line[] = [
    { do: 'merge', nhs: a, into: b },
    { do: 'merge', nhs: b, into: a },
  ];
  const items = lines.map((record, index) =>
    preparer.prepare(
      { index, sourceId: null, raw: JSON.stringify(record), record, at: null },
      FEED_ARRIVAL,
    ),
  );
  const [, refused] = await committer.commit({ items });
  const store = new QuarantineStore(database.pool, domain.seal);
  const replayer = new Replayer({
    ...{ store, preparer, committer, sources: gp.sources, environment: 'test' },
  });
  const ids = [refused!.quarantineId!];
  for (let time = 0; time < 2; time++)
    expect(await replayer.replay('feed', { ids })).toEqual({
      ...{ replayed: 1, published: 0, refused: 1 },
    });
  const { items: entries } = await store.list({ cause: 'mergeCycle' });
  expect(entries).toMatchObject([{ id: ids[0], state: 'open', step: 'state' }]);
});
