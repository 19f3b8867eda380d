import { names } from '@caremesh/contract';
import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Kafka } from '../broker/kafka.js';
import { Store } from '../database/store.js';
import { LOGGER, SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

/** What a grant's groups have committed on one topic. */
export type Committed = { grantId: string; topic: string; committed: bigint };

/**
 * Keeps when each grant was last seen to read: its groups are all named `share.<grant>.…`, and what they commit grows
 * when they read. A reader that commits nothing is not seen.
 */
@Injectable()
export class Readings implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #kafka: Kafka;
  readonly #store: Store;
  readonly #work: Repeated;

  constructor(
    kafka: Kafka,
    store: Store,
    @Inject(SETTINGS) { readingsEveryMs: everyMs }: Settings,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#kafka = kafka;
    this.#store = store;
    this.#work = new Repeated({ name: 'readings', everyMs, log, run: () => this.#turn() });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  async #turn(): Promise<void> {
    await this.#store.exclusively('readings', () => this.look());
  }

  /** Looks now. Throws MESH-3016 if the broker cannot be asked. */
  async look(): Promise<void> {
    const committed = summed(await this.#kafka.admin((admin) => committedOf(admin)));
    if (committed.length === 0) return;
    // Only growth is reading; a group that was reset, or is gone, has read nothing new.
    await this.#store.reader.query(
      `INSERT INTO grant_reading AS r (grant_id, topic, committed, read_at)
       SELECT u.grant_id, u.topic, u.committed, now()
         FROM unnest($1::text[], $2::text[], $3::bigint[]) AS u(grant_id, topic, committed)
       ON CONFLICT (grant_id, topic) DO UPDATE SET committed = excluded.committed,
         read_at = CASE WHEN excluded.committed > r.committed THEN excluded.read_at ELSE r.read_at END
       WHERE r.committed <> excluded.committed`,
      [
        committed.map(({ grantId }) => grantId),
        committed.map(({ topic }) => topic),
        committed.map((one) => one.committed.toString()),
      ],
    );
  }
}

type Admin = Parameters<Parameters<Kafka['admin']>[0]>[0];

async function committedOf(admin: Admin): Promise<Committed[]> {
  const { groups } = await admin.listGroups();
  const shared = groups.flatMap(({ groupId }) => {
    const grantId = grantOf(groupId);
    return grantId === null ? [] : [{ groupId, grantId }];
  });
  const found: Committed[] = [];
  for (const { groupId, grantId } of shared) {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      const offsets = partitions.map(({ offset }) => BigInt(offset)).filter((at) => at > 0n);
      const committed = offsets.reduce((sum, at) => sum + at, 0n);
      if (committed > 0n) found.push({ grantId, topic, committed });
    }
  }
  return found;
}

/** The grant whose group this is, or null. */
export function grantOf(groupId: string): string | null {
  const id = /^share\.([a-z0-9]{8,26})\./.exec(groupId)?.[1];
  return id !== undefined && groupId.startsWith(names.grantGroupPrefix(id)) ? id : null;
}

/** One line for each grant and topic, whatever the number of its groups. */
export function summed(all: readonly Committed[]): Committed[] {
  const sums = new Map<string, Committed>();
  for (const one of all) {
    const key = `${one.grantId} ${one.topic}`;
    const committed = (sums.get(key)?.committed ?? 0n) + one.committed;
    sums.set(key, { ...one, committed });
  }
  return [...sums.values()];
}
