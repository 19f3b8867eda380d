import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Kafka } from '../../broker/kafka.js';
import { Store } from '../../database/store.js';
import { LIVE_STATES, isOneOf } from '../lifecycle.js';
import { Grants } from '../grants.js';
import { SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';
import { ProductEntity } from '../../products/product.entity.js';
import { governanceErrors, grantErrors } from '../../errors.js';
import { lagOf, usageOf } from './lag.js';
import type { GroupOffsets } from './lag.js';
import { WAYS } from './ways.js';
import type { WayUsed } from './ways.js';

type Admin = Parameters<Parameters<Kafka['admin']>[0]>[0];
type UseRow = {
  grant: string;
  organisation: string;
  purpose: string;
  state: string;
  product: string;
  major: number;
  topic: string;
  consumer: string | null;
  activatedAt: Date | null;
  ways: WayUsed[];
};

/** Questions to the broker that are under way at once, for an owner of a product with many grants. */
const SIDE_BY_SIDE = 10;

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
    const { state } = await this.#grants.show(caller, id);
    const rows = await this.#rows('g.id = $1', [id]);
    return { grant: id, state, items: await this.#seen(rows), next: null };
  }

  /** Every live grant of a product, for those who see them, each as it is used. Throws MESH-3011, MESH-3016. */
  async ofProduct(caller: Caller, product: string) {
    const isKnown = await this.#store.reader.existsBy(ProductEntity, { id: product });
    if (!isKnown) throw problem(governanceErrors.productNotFound, product);
    const rows = await this.#rows(`p.product = $1 AND ${isOneOf('g.state', LIVE_STATES)}`, [
      product,
    ]);
    const visible: UseRow[] = [];
    for (const row of rows) if (await this.#sees(caller, row.grant)) visible.push(row);
    return { product, items: await this.#seen(visible), next: null };
  }

  /** What the broker and the catalogue say of each beside what is kept here. */
  async #seen(rows: readonly UseRow[]) {
    if (rows.length === 0) return [];
    const ids = [...new Set(rows.map(({ grant }) => grant))];
    const prefixes = [...new Set(rows.flatMap(prefixesOf))];
    const topics = [...new Set(rows.map(({ topic }) => topic))];
    const { groups, ends } = await this.#kafka.admin((admin) => offsetsOf(admin, prefixes, topics));
    const versions = await this.#versions(ids);
    return rows.map((row) => {
      const own = groups.filter(({ groupId }) =>
        prefixesOf(row).some((prefix) => groupId.startsWith(prefix)),
      );
      const end = ends.get(row.topic) ?? new Map<number, bigint>();
      return {
        ...this.#shown(row),
        ...usageOf(row.topic, own, end),
        groups: lagOf(row.topic, own, end),
        schemas: versions
          .filter(({ grant, topic }) => grant === row.grant && topic === row.topic)
          .map(({ schemaId, version }) => ({ schemaId, version })),
      };
    });
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

  #shown({ activatedAt, ways: kept, consumer: _, ...row }: UseRow) {
    const ways = kept.map((one) => ({ ...one, lastAt: new Date(one.lastAt).toISOString() }));
    const lastReadAt =
      ways
        .map(({ lastAt }) => lastAt)
        .sort(inTime)
        .at(-1) ?? null;
    const since = lastReadAt === null ? activatedAt?.getTime() : Date.parse(lastReadAt);
    const quietMs = since === undefined ? 0 : Date.now() - since;
    const unused = row.state === 'active' && quietMs > this.#settings.unusedAfterDays * 86_400_000;
    const fromTopic = ways.filter(({ way }) => way === 'stream' || way === 'service');
    return {
      ...row,
      activatedAt: activatedAt?.toISOString() ?? null,
      lastReadAt,
      ways,
      recordsPassed: fromTopic.reduce((sum, { records }) => sum + (records ?? 0), 0),
      unused,
    };
  }

  #rows(where: string, values: unknown[]): Promise<UseRow[]> {
    return this.#store.reader.query<UseRow[]>(
      `SELECT g.id AS "grant", g.organisation, g.purpose, g.state, g.consumer, p.product, p.major, p.topic,
              g.activated_at AS "activatedAt",
              coalesce((SELECT json_agg(json_build_object('way', w.way, 'lastAt', w.used_at, 'times', w.times, 'records', w.records)
                 ORDER BY w.way) FROM ${WAYS} w WHERE w.grant_id = p.grant_id AND w.topic = p.topic), '[]') AS ways
         FROM grant_product p
         JOIN access_grant g ON g.id = p.grant_id
        WHERE ${where} ORDER BY g.created_at, g.id, p.product`,
      values,
    );
  }

  /** Schemas that records of each topic may carry: the view's own, or those of the product's published versions. */
  #versions(ids: readonly string[]) {
    return this.#store.reader.query<
      { grant: string; topic: string; schemaId: number; version: string }[]
    >(
      `SELECT p.grant_id AS "grant", p.topic, coalesce(p.view_schema_id, v.schema_id) AS "schemaId", v.version
         FROM grant_product p
         JOIN product_major m ON m.product = p.product AND m.major = p.major
         JOIN proposal v ON v.product = p.product AND v.major = p.major
          AND (p.view_schema_id IS NULL OR v.content_hash = m.latest_hash)
        WHERE p.grant_id = ANY($1) AND v.state IN ('published', 'deprecated')
        ORDER BY v.published_at`,
      [ids],
    );
  }
}

/** Groups in which a grant is read: its own, and those of the domain whose service reads under it. */
function prefixesOf({ grant, consumer }: Pick<UseRow, 'grant' | 'consumer'>): string[] {
  const own = names.grantGroupPrefix(grant);
  return consumer === null ? [own] : [own, `${consumer}.`];
}

const inTime = (a: string, b: string): number => Date.parse(a) - Date.parse(b);

async function offsetsOf(admin: Admin, prefixes: readonly string[], topics: readonly string[]) {
  const { groups: all } = await admin.listGroups();
  const wanted = all.filter(({ groupId }) => prefixes.some((prefix) => groupId.startsWith(prefix)));
  const groups: GroupOffsets[] = [];
  for (let at = 0; at < wanted.length; at += SIDE_BY_SIDE) {
    const asked = wanted.slice(at, at + SIDE_BY_SIDE).map(async ({ groupId }) => ({
      groupId,
      topics: await admin.fetchOffsets({ groupId }),
    }));
    groups.push(...(await Promise.all(asked)));
  }
  const existing = new Set(await admin.listTopics());
  const ends = new Map<string, Map<number, bigint>>();
  for (const topic of topics.filter((one) => existing.has(one))) {
    const partitions = await admin.fetchTopicOffsets(topic);
    ends.set(topic, new Map(partitions.map((one) => [one.partition, BigInt(one.high)])));
  }
  return { groups, ends };
}
