import { expect, it, vi } from 'vitest';

import type { SourceItem } from '../define/source.js';
import { fault } from '../errors.js';
import { Preparer } from '../intake/prepare.js';
import { Replayer } from './replay.js';

it('names the line on which an item stood in its file, not the one on which it stands alone', async () => {
  const refusedAgain = vi.fn(async () => false as const);
  const item = { id: 'q1', source: 'rows', sourceId: 'line 17', step: 'read' };
  const store = {
    replayable: async () => [{ item, payload: Buffer.from('a,b\n1\n'), contentType: 'text/csv' }],
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
