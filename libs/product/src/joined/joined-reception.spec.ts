import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it, vi } from 'vitest';

import { JoinedReception } from './joined-reception.js';

it('a turn is over when what it writes is written, also where the next roots cannot be read', async () => {
  const events: string[] = [];
  const root = { key: Buffer.of(1), item: 0, joined: null };
  const parts = {
    store: {
      forget: () => undefined,
      marked: vi.fn().mockResolvedValueOnce([root]).mockRejectedValueOnce(new Error('no answer')),
    },
    committer: {
      async commit() {
        await sleep(20);
        events.push('written');
      },
    },
    lock: {
      exclusively: (work: () => Promise<unknown>) =>
        work().finally(() => void events.push('turn over')),
    },
  };
  const reception = new JoinedReception(parts as never);
  await expect(reception.catchUp({} as never)).rejects.toThrow('no answer');
  expect(events).toEqual(['written', 'turn over']);
});
