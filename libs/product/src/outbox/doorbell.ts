import type { OutboxRow } from './pack.js';

/**
 * Shards of the relay: one alone idles on round trips (15,500 against 26,200 records a second measured).
 * A person is always in one shard, so each sender keeps that person's order.
 */
export const SHARDS = 4;
/** Partitions that a product's topic usually has. Where governance makes it another number (MESH_TOPIC_PARTITIONS), only the spread suffers. */
const PARTITIONS = 6;

/**
 * The shard of a person. Taken from what is usually the partition, so that a shard's batch goes to one or two partitions of a
 * product, not to all six: the broker's work is per partition of a request, and small batches are the rule.
 */
export const shardOf = (hash: number): number => (hash % PARTITIONS) % SHARDS;

/** The channel on which a commit says that there are rows. */
export const DOORBELL = 'outbox';

/**
 * Says which shards have rows. One record is in one shard; to have the others look as well cost three statements of four,
 * and at 200 lone records a second that was 600 of them.
 */
export function ringFor(rows: readonly Pick<OutboxRow, 'hash'>[]) {
  const shards = new Set(rows.map(({ hash }) => shardOf(hash)));
  return {
    name: 'outbox-ring',
    text: `SELECT pg_notify('${DOORBELL}', $1)`,
    values: [[...shards].join(',')],
  };
}

/** The shards that a doorbell names; an empty one is for all. */
export function rungShards(payload: string | undefined): number[] {
  const named = (payload ?? '').split(',').filter((one) => one !== '');
  return named.length > 0 ? named.map(Number) : Array.from({ length: SHARDS }, (_, n) => n);
}
