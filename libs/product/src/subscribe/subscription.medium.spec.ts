import { randomUUID } from 'node:crypto';

import { createLogger } from '@caremesh/platform';
import { createTopics } from '@caremesh/testing';
import { Consumer, MessagesStream } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import type { Batch } from './delivery.js';
import type { RawRecord } from './received.js';
import { specDomain } from './spec-domain.fixture.js';
import { Subscription } from './subscription.js';

const HOUR = 3_600_000;
let domain: Awaited<ReturnType<typeof specDomain>>;
const running: Subscription<never>[] = [];

beforeAll(async () => {
  domain = await specDomain();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(() => domain.producer.close(true));

const numberOf = ({ value }: RawRecord): number => Number(value!.toString());

/** Follows a topic of its own, ten records at most to a batch; `held` is what the batches so far have to wait for. */
async function followed(apart: number | undefined, held: () => Promise<void> = async () => {}) {
  const topic = `spec.batch-${randomUUID().slice(0, 8)}.v1`;
  await createTopics(domain.stack, [topic], { partitions: 1, configs: {} });
  const send = async (from: number, to: number): Promise<void> => {
    const messages = numbers(from, to).map((n) => ({
      topic,
      key: Buffer.from('k'),
      value: Buffer.from(String(n)),
    }));
    await domain.producer.send({ messages });
  };
  const batches: number[][] = [];
  const decoded: number[] = [];
  const counts = { read: 0, handled: 0, duplicates: 0, refused: 0 };
  const subscription = new Subscription<never>({
    topic,
    groupId: topic,
    connection: domain.connectionFor('batches'),
    delivery: {
      counts,
      async sort(raws): Promise<Batch<never>> {
        decoded.push(...raws.map(numberOf));
        return { raws, records: [], refused: [] };
      },
      async settle({ raws }) {
        batches.push(raws.map(numberOf));
        await held();
        counts.read += raws.length;
        return true;
      },
    },
    batchSize: () => 10,
    apart: apart === undefined ? undefined : () => apart,
    settled: () => undefined,
    log: createLogger('spec', 'silent'),
  });
  subscription.start();
  running.push(subscription);
  await vi.waitFor(() => expect(subscription.status().state).toBe('reading'), 60_000);
  return { subscription, batches, decoded, send };
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, n) => from + n);

describe('a subscription', () => {
  test('gathers what comes before the next batch may begin, and begins it once it is full', async () => {
    const { batches, decoded, send } = await followed(HOUR);
    await send(0, 5);
    await vi.waitFor(() => expect(batches).toEqual([numbers(0, 5)]), 60_000);
    await send(5, 9);
    // Decoded already, so that nothing but the rest is waited for.
    await vi.waitFor(() => expect(decoded).toEqual(numbers(0, 9)), 60_000);
    expect(batches).toHaveLength(1);
    await send(9, 18);
    await vi.waitFor(() => expect(batches).toEqual([numbers(0, 5), numbers(5, 15)]), 60_000);
    await vi.waitFor(() => expect(decoded).toEqual(numbers(0, 18)), 60_000);
    expect(batches).toHaveLength(2);
  }, 120_000);

  test('that waits is stopped at once; what it has gathered is not settled', async () => {
    const { subscription, batches, decoded, send } = await followed(HOUR);
    await send(0, 5);
    await vi.waitFor(() => expect(batches).toHaveLength(1), 60_000);
    await send(5, 9);
    await vi.waitFor(() => expect(decoded).toHaveLength(9), 60_000);
    await subscription.stop();
    expect(batches).toEqual([numbers(0, 5)]);
    expect(subscription.status().counts.read).toBe(5);
  }, 120_000);

  test('gathers while a batch is settled, and goes on with that at once where it need not stay apart', async () => {
    const first = Promise.withResolvers<void>();
    const { batches, decoded, send } = await followed(undefined, () => first.promise);
    await send(0, 5);
    await vi.waitFor(() => expect(batches).toHaveLength(1), 60_000);
    await send(5, 30);
    await vi.waitFor(() => expect(decoded).toEqual(numbers(0, 15)), 60_000);
    first.resolve();
    await vi.waitFor(() => expect(batches.flat()).toEqual(numbers(0, 30)), 60_000);
    expect(batches.slice(0, 2)).toEqual([numbers(0, 5), numbers(5, 15)]);
  }, 120_000);

  test('does not wait for more while what came as it committed a position lies ready', async () => {
    const pushed = vi.spyOn(MessagesStream.prototype, 'push');
    const isCommitting = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    const { commit } = Consumer.prototype;
    vi.spyOn(Consumer.prototype, 'commit').mockImplementationOnce(async function (
      this: typeof Consumer.prototype,
      options,
    ) {
      isCommitting.resolve();
      await goesOn.promise;
      return commit.call(this, options) as unknown as Promise<void>;
    });
    try {
      // With nothing there, the position that it begins at is what it commits first.
      const { batches, send } = await followed(undefined);
      await isCommitting.promise;
      for (let from = 0; from < 600; from += 100) await send(from, from + 100);
      // As many batches as the client has lie before it asks for no more: nothing will wake whoever goes to sleep now.
      await vi.waitFor(() => expect(pushed.mock.calls.length).toBeGreaterThanOrEqual(2), 20_000);
      goesOn.resolve();
      await vi.waitFor(() => expect(batches.flat()).toEqual(numbers(0, 600)), 20_000);
    } finally {
      goesOn.resolve();
      vi.restoreAllMocks();
    }
  }, 60_000);
});
