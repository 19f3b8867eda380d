import { expect, it, vi } from 'vitest';

import type { SourceItem } from '../define/source.js';
import { fault } from '../errors.js';
import { Preparer } from '../intake/prepare.js';
import type { Prepared } from '../intake/prepare.js';
import { Replayer } from './replay.js';

it('names the line on which an item stood in its file, not the one on which it stands alone', async () => {
  const refusedAgain = vi.fn(async () => false as const);
  const item = { id: 'q1', source: 'rows', sourceId: 'line 17', step: 'read' };
  const store = {
    async *replayable() {
      yield { item, payload: Buffer.from('a,b\n1\n'), contentType: 'text/csv' };
    },
    refusedAgain,
  };
  async function* read(): AsyncGenerator<SourceItem<unknown>> {
    const errors = [fault('csvRowLength', 'line 2'), fault('codeUnknown', 'Gender')];
    yield { index: 0, sourceId: null, place: 'line 2', raw: '1', outcome: 'quarantined', errors };
  }
  const parts = {
    store,
    sources: [{ name: 'rows', read }],
    preparer: new Preparer(Buffer.alloc(32), []),
  };
  await new Replayer(parts as never).replay('rows', {});
  expect(refusedAgain).toHaveBeenCalledWith('q1', 'read', [
    fault('csvRowLength', 'line 17'),
    fault('codeUnknown', 'Gender'),
  ]);
});

it('lifts no restriction as of today that was lifted, if at all, when the item came', async () => {
  const settle = vi.fn(async () => true as const);
  const item = { id: 'q1', source: 'rows', sourceId: '1', step: 'read' };
  const store = {
    async *replayable() {
      yield { item, payload: Buffer.from('1\n'), contentType: 'text/csv' };
    },
    settle,
  };
  const person = { nhsNumber: '9000000009', nhsNumberStatus: '01', local: null };
  async function* read(): AsyncGenerator<SourceItem<unknown>> {
    const head = { index: 0, sourceId: null, raw: '1', record: {}, at: null };
    for (const at of [null, '2026-03-01T00:00:00Z'])
      for (const restricted of [false, true])
        yield { ...head, restriction: { person, restricted, at } };
  }
  const product = { definition: { map: () => [] }, live: { id: 'gp.product' } };
  const commit = vi.fn(async (_: { items: Prepared[] }) => []);
  const parts = {
    ...{ store, committer: { commit } },
    sources: [{ name: 'rows', read }],
    preparer: new Preparer(Buffer.alloc(32), [product as never]),
  };
  await new Replayer(parts as never).replay('rows', {});
  const told = commit.mock.calls[0]![0].items.flatMap(({ changes }) => changes);
  expect(told).toMatchObject([
    { change: 'restriction', restricted: true, at: null },
    { change: 'restriction', restricted: false, at: Date.UTC(2026, 2, 1) },
    { change: 'restriction', restricted: true, at: Date.UTC(2026, 2, 1) },
  ]);
});
