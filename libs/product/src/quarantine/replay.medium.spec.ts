import { afterAll, beforeAll, expect, it } from 'vitest';

import { fault } from '../errors.js';
import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { gp, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { Seal } from '../sealing/seal.js';
import { Replayer } from './replay.js';
import { QuarantineStore } from './store.js';

const KEY = Buffer.alloc(32, 17);
let domain: CommittingDomain;
let store: QuarantineStore;
let replayer: Replayer;

beforeAll(async () => {
  domain = await committingDomain(KEY);
  store = new QuarantineStore(domain.database.pool, new Seal(KEY));
  const { preparer, committer } = domain;
  replayer = new Replayer({
    ...{ store, sources: gp.sources, preparer, committer, environment: 'test' },
  });
});
afterAll(() => domain.close());

/** Takes lines in as one batch; the quarantine entries of those that are refused. */
async function refused(lines: readonly Line[]): Promise<string[]> {
  const items = lines.map((line, index) =>
    domain.preparer.prepare(
      { index, sourceId: line.id ?? null, raw: JSON.stringify(line), record: line, at: null },
      ARRIVAL,
    ),
  );
  const outcomes = await domain.committer.commit({ items });
  return outcomes.flatMap(({ quarantineId }) => quarantineId ?? []);
}

it('what is refused for what is held stays the one entry that it is, however often it is taken in again', async () => {
  const nhs = nhsNumber(80);
  const [entry] = await refused([{ do: 'merge', nhs, into: nhs }]);
  const cause = 'mergeIntoSelf';
  for (let turn = 0; turn < 2; turn++) {
    const came = await replayer.replay('feed', { cause });
    expect(came).toEqual({ replayed: 1, published: 0, refused: 1 });
  }
  const { items } = await store.list({ cause });
  expect(items.map(({ id, state, step }) => [id, state, step])).toEqual([[entry, 'open', 'state']]);
});

it('what says nothing new any more is neither published nor refused', async () => {
  const line: Line = { do: 'put', id: 'u1', nhs: nhsNumber(83) };
  // Other bytes: the same ones would have closed the entry themselves.
  const raw = ` ${JSON.stringify(line)}`;
  // Refused when it came, for what is right by now.
  const errors = [fault('jsonMalformed', '/')];
  const item = { index: 0, sourceId: 'u1', raw, outcome: 'quarantined' as const, errors };
  await domain.committer.commit({ items: [domain.preparer.prepare(item, ARRIVAL)] });
  expect(await refused([line])).toEqual([]);
  const came = await replayer.replay('feed', { cause: 'jsonMalformed' });
  expect(came).toEqual({ replayed: 1, published: 0, refused: 0 });
  expect((await store.list({ cause: 'jsonMalformed' })).items[0]?.state).toBe('replayed');
});

/** Lines of which nothing says when they were true, refused for what is right by now. */
async function refusedOnce(...lines: Line[]): Promise<void> {
  const errors = [fault('jsonMalformed', '/')];
  for (const line of lines) {
    const item = { index: 0, sourceId: line.id ?? null, outcome: 'quarantined' as const, errors };
    const raw = ` ${JSON.stringify(line)}`;
    await domain.committer.commit({ items: [domain.preparer.prepare({ ...item, raw }, ARRIVAL)] });
  }
}

const again = () => replayer.replay('feed', { cause: 'jsonMalformed' });

/** What is held of the one record that says so of itself; its revision. */
async function held(text: string): Promise<[retracted: boolean, revision: number][]> {
  const { rows } = await domain.database.pool.query<{
    content: Buffer;
    retracted: boolean;
    revision: number;
  }>('SELECT content, retracted, revision FROM record');
  const { codec } = domain.running.live;
  return rows
    .filter(({ content }) => codec.content(content)['medicationText'] === text)
    .map(({ retracted, revision }) => [retracted, revision]);
}

it('what nothing says the time of undoes nothing that came after it', async () => {
  const line: Line = { do: 'put', id: 'r1', nhs: nhsNumber(84), text: 'first' };
  expect(await refused([line])).toEqual([]);
  await refusedOnce({ ...line, text: 'never' });
  expect(await refused([{ ...line, text: 'newest' }])).toEqual([]);
  expect(await again()).toEqual({ replayed: 1, published: 0, refused: 0 });
  expect([await held('never'), await held('newest')]).toEqual([[], [[false, 2]]]);

  await refusedOnce({ ...line, text: 'never' }, { ...line, do: 'retract' });
  expect(await refused([{ ...line, do: 'retract' }])).toEqual([]);
  expect(await again()).toEqual({ replayed: 2, published: 0, refused: 0 });
  expect([await held('never'), await held('newest')]).toEqual([[], []]);
});

it('and what nothing came after is taken in, in the order in which it came', async () => {
  const line: Line = { do: 'put', id: 'r2', nhs: nhsNumber(84), text: 'earlier' };
  expect(await refused([line])).toEqual([]);
  await refusedOnce({ ...line, text: 'later' }, { ...line, text: 'latest' });
  // Of another record it says nothing.
  expect(await refused([{ ...line, id: 'r3', text: 'another' }])).toEqual([]);
  expect(await again()).toEqual({ replayed: 2, published: 2, refused: 0 });
  expect([await held('later'), await held('latest')]).toEqual([[], [[false, 3]]]);
});

it('an entry is discarded once and noted once, however many do so at once; what cannot be noted stays open', async () => {
  const nhs = nhsNumber(85);
  const [entry] = await refused([{ do: 'merge', nhs, into: nhs }]);
  const cannot = () => Promise.reject(new Error('the ledger is away'));
  await expect(store.discard(entry!, cannot)).rejects.toThrow('the ledger is away');
  expect((await store.get(entry!)).state).toBe('open');
  let noted = 0;
  const note = () => Promise.resolve(void (noted += 1));
  const all = await Promise.all(Array.from({ length: 6 }, () => store.discard(entry!, note)));
  expect([all.filter(Boolean).length, noted]).toEqual([1, 1]);
  expect((await store.get(entry!)).state).toBe('discarded');
  expect(await replayer.replay('feed', { ids: [entry!] })).toMatchObject({ replayed: 0 });
});

it('all that was refused for a cause is taken in again, however much stands before it', async () => {
  const errors = [fault('dateImpossible', '/rest')];
  // Each stands for a file of which nothing is kept.
  const items = Array.from({ length: 1_000 }, (_, index) =>
    domain.preparer.prepare(
      { index, sourceId: null, raw: '', outcome: 'quarantined', errors },
      ARRIVAL,
    ),
  );
  await domain.committer.commit({ items });
  await refused([{ do: 'faulty', id: 'f1', nhs: nhsNumber(81) }]);
  const came = await replayer.replay('feed', { cause: 'dateImpossible' });
  expect(came).toEqual({ replayed: 1, published: 0, refused: 1 });
  expect(await store.standIns({ cause: 'dateImpossible' })).toHaveLength(1_000);
});

it('a list goes on behind its cursor, and says of one that is none of it that it is not', async () => {
  const nameless = ['1', '2', '3'].map((text): Line => ({
    do: 'retract',
    nhs: nhsNumber(82),
    text,
  }));
  const entries = await refused(nameless);
  const cause = 'recordIdMissing';
  const first = await store.list({ cause, limit: 2 });
  expect(first).toMatchObject({
    items: [{ id: entries[0] }, { id: entries[1] }],
    next: entries[1],
  });
  const rest = await store.list({ cause, limit: 2, after: first.next! });
  expect(rest).toMatchObject({ items: [{ id: entries[2] }], next: null });
  expect(await store.list({ cause, after: entries[2] })).toEqual({ items: [], next: null });
  await expect(store.list({ cause, after: 'nosuchentry' })).rejects.toMatchObject({
    ...{ code: 'MESH-5130', status: 422 },
  });
});
