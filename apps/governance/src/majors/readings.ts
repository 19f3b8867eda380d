import { names } from '@caremesh/contract';
import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Kafka } from '../broker/kafka.js';
import { Store } from '../database/store.js';
import { LIVE_STATES, isOneOf } from '../grants/lifecycle.js';
import { LOGGER, SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

/** What a grant's groups have committed on one topic. */
export type Committed = { grantId: string; topic: string; committed: bigint };
/** A grant that a domain's service reads a topic under. */
type Served = { grantId: string; topic: string; domain: string };

/**
 * Keeps when each grant was last seen to read: its groups are all named `share.<grant>.…`, and what they commit grows
 * when they read. A domain's service reads in the domain's groups, so what those commit on a topic is use of each of its
 * grants of it. A reader that commits nothing is not seen.
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
    const served = await this.#served();
    const { own, services } = await this.#kafka.admin((admin) => committedOf(admin, served));
    // Only growth is reading; a group that was reset, or is gone, has read nothing new.
    await this.#store.reader.query(
      `INSERT INTO grant_reading AS r (grant_id, topic, committed, read_at)
       SELECT u.grant_id, u.topic, u.committed, now() FROM ${COMMITTED}
       ON CONFLICT (grant_id, topic) DO UPDATE SET committed = excluded.committed,
         read_at = CASE WHEN excluded.committed > r.committed THEN excluded.read_at ELSE r.read_at END
       WHERE r.committed <> excluded.committed`,
      columnsOf(own),
    );
    await this.#store.reader.query(
      `INSERT INTO grant_use AS r (grant_id, topic, way, used_at, records)
       SELECT u.grant_id, u.topic, 'service', now(), u.committed FROM ${COMMITTED}
       ON CONFLICT (grant_id, topic, way) DO UPDATE SET records = excluded.records,
         used_at = CASE WHEN excluded.records > r.records THEN excluded.used_at ELSE r.used_at END
       WHERE r.records <> excluded.records`,
      columnsOf(services),
    );
  }

  #served(): Promise<Served[]> {
    return this.#store.reader.query<Served[]>(
      `SELECT g.id AS "grantId", p.topic, g.consumer AS domain
         FROM access_grant g JOIN grant_product p ON p.grant_id = g.id
        WHERE g.consumer IS NOT NULL AND ${isOneOf('g.state', LIVE_STATES)}`,
    );
  }
}

const COMMITTED = 'unnest($1::text[], $2::text[], $3::bigint[]) AS u(grant_id, topic, committed)';

const columnsOf = (committed: readonly Committed[]) => [
  committed.map(({ grantId }) => grantId),
  committed.map(({ topic }) => topic),
  committed.map((one) => one.committed.toString()),
];

type Admin = Parameters<Parameters<Kafka['admin']>[0]>[0];

async function committedOf(admin: Admin, served: readonly Served[]) {
  const { groups } = await admin.listGroups();
  const own: Committed[] = [];
  const services: Committed[] = [];
  for (const { groupId } of groups) {
    const grantId = grantOf(groupId);
    const under = served.filter(({ domain }) => groupId.startsWith(`${domain}.`));
    if (grantId === null && under.length === 0) continue;
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      const offsets = partitions.map(({ offset }) => BigInt(offset)).filter((at) => at > 0n);
      const committed = offsets.reduce((sum, at) => sum + at, 0n);
      if (committed === 0n) continue;
      if (grantId !== null) own.push({ grantId, topic, committed });
      for (const one of under) {
        if (one.topic === topic) services.push({ grantId: one.grantId, topic, committed });
      }
    }
  }
  return { own: summed(own), services: summed(services) };
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
