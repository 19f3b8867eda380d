import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Kafka } from '../../broker/kafka.js';
import { Store } from '../../database/store.js';
import { Grants } from '../grants.js';
import { SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';
import { grantErrors } from '../../errors.js';
import { lagOf, usageOf } from './lag.js';
import type { GroupOffsets } from './lag.js';

type Admin = Parameters<Parameters<Kafka['admin']>[0]>[0];
type UseRow = {
  grant: string;
  organisation: string;
  purpose: string;
  state: string;
  product: string;
  major: number;
  topic: string;
  activatedAt: Date | null;
  lastReadAt: Date | null;
  committed: string | null;
};

/** What is done with grants: seen by the recipient for their own, by an owner for their product's. */
@Injectable()
export class GrantUse {
  readonly #store: Store;
  readonly #kafka: Kafka;
  readonly #grants: Grants;
  readonly #settings: Settings;

  constructor(store: Store, kafka: Kafka, grants: Grants, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#kafka = kafka;
    this.#grants = grants;
    this.#settings = settings;
  }

  /** One grant, topic by topic, as the broker has it at this moment. Throws MESH-3501, MESH-3016. */
  async of(caller: Caller, id: string) {
    const grant = await this.#grants.show(caller, id);
    const rows = await this.#rows('g.id = $1', [id]);
    const topics = grant.topics.map(({ topic }) => topic);
    const { groups, ends } = await this.#kafka.admin((admin) =>
      offsetsOf(admin, grant.groupPrefix, topics),
    );
    const versions = await this.#versions(id);
    return {
      grant: id,
      state: grant.state,
      items: rows.map((row) => ({
        ...this.#shown(row),
        ...usageOf(row.topic, groups, ends.get(row.topic) ?? new Map()),
        groups: lagOf(row.topic, groups, ends.get(row.topic) ?? new Map()),
        schemas: versions
          .filter(({ topic }) => topic === row.topic)
          .map(({ schemaId, version }) => ({ schemaId, version })),
      })),
      next: null,
    };
  }

  /** Every live grant of a product, for those who see them; when each last read, and which read nothing. */
  async ofProduct(caller: Caller, product: string) {
    const rows = await this.#rows(
      `p.product = $1 AND g.state IN ('approved', 'active', 'suspended')`,
      [product],
    );
    const items = [];
    for (const row of rows) {
      if (await this.#sees(caller, row.grant)) items.push(this.#shown(row));
    }
    return { product, items, next: null };
  }

  async #sees(caller: Caller, id: string): Promise<boolean> {
    try {
      await this.#grants.show(caller, id);
      return true;
    } catch (error) {
      if (error instanceof Error && error.message.includes(grantErrors.grantNotFound.code)) {
        return false;
      }
      throw error;
    }
  }

  #shown({ activatedAt, lastReadAt, committed, ...row }: UseRow) {
    const since = (lastReadAt ?? activatedAt)?.getTime();
    const quietMs = since === undefined ? 0 : Date.now() - since;
    const unused = row.state === 'active' && quietMs > this.#settings.unusedAfterDays * 86_400_000;
    return {
      ...row,
      activatedAt: activatedAt?.toISOString() ?? null,
      lastReadAt: lastReadAt?.toISOString() ?? null,
      recordsPassed: Number(committed ?? 0),
      unused,
    };
  }

  #rows(where: string, values: unknown[]): Promise<UseRow[]> {
    return this.#store.reader.query<UseRow[]>(
      `SELECT g.id AS "grant", g.organisation, g.purpose, g.state, p.product, p.major, p.topic,
              g.activated_at AS "activatedAt", r.read_at AS "lastReadAt", r.committed
         FROM grant_product p
         JOIN access_grant g ON g.id = p.grant_id
         LEFT JOIN grant_reading r ON r.grant_id = p.grant_id AND r.topic = p.topic
        WHERE ${where} ORDER BY g.created_at, g.id, p.product`,
      values,
    );
  }

  /** Schemas that records of each topic may carry: the view's own, or those of the product's published versions. */
  #versions(id: string) {
    return this.#store.reader.query<{ topic: string; schemaId: number; version: string }[]>(
      `SELECT p.topic, coalesce(p.view_schema_id, v.schema_id) AS "schemaId", v.version
         FROM grant_product p
         JOIN product_major m ON m.product = p.product AND m.major = p.major
         JOIN proposal v ON v.product = p.product AND v.major = p.major
          AND (p.view_schema_id IS NULL OR v.content_hash = m.latest_hash)
        WHERE p.grant_id = $1 AND v.state IN ('published', 'deprecated')
        ORDER BY v.published_at`,
      [id],
    );
  }
}

async function offsetsOf(admin: Admin, prefix: string, topics: readonly string[]) {
  const { groups: all } = await admin.listGroups();
  const groups: GroupOffsets[] = [];
  for (const { groupId } of all.filter((one) => one.groupId.startsWith(prefix))) {
    groups.push({ groupId, topics: await admin.fetchOffsets({ groupId }) });
  }
  const existing = new Set(await admin.listTopics());
  const ends = new Map<string, Map<number, bigint>>();
  for (const topic of topics.filter((one) => existing.has(one))) {
    const partitions = await admin.fetchTopicOffsets(topic);
    ends.set(topic, new Map(partitions.map((one) => [one.partition, BigInt(one.high)])));
  }
  return { groups, ends };
}
