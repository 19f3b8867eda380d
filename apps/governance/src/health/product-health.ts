import { names } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Store } from '../database/store.js';
import { pageOf, positionOf } from '../http/page.js';
import { assertKnown } from '../products/known.js';
import { ProductMajorEntity } from '../products/product.entity.js';
import { FindingEntity, ProductMeasureEntity, ProductStandingEntity } from './health.entity.js';
import type { FindingsQuery } from './shapes.js';
import { percentOf } from './judge.js';
import { measuredOf } from './standing.js';
import { markedMajor } from './which-major.js';

/** Numbers are sent once a minute at least; after two nobody measures any more. */
const STALE_MS = 120_000;
const MOST_SHOWN = 10;

type State = { state: string; since: string | null };
type Mark = { conformance: State; health: State };

/** How a product stands, as the API shows it. */
@Injectable()
export class ProductHealth {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** `conformance` and `health` of a product, each of the major that is worth telling of (`which-major.ts`). */
  async of(product: string) {
    const { standings, measures } = await this.#told([product]);
    const kept = keptBy(standings);
    const ofMajor = measures.filter(({ major }) => major === kept?.major);
    return { conformance: conformanceOf(conformingBy(standings)), health: healthOf(kept, ofMajor) };
  }

  /** The marks of many products, by id, as a list shows them. */
  async marks(products: readonly string[]): Promise<Map<string, Mark>> {
    const told = await this.#told(products);
    return new Map(
      products.map((id) => {
        const standings = told.standings.filter((one) => one.product === id);
        const kept = keptBy(standings);
        const own = told.measures.filter((one) => one.product === id && one.major === kept?.major);
        const { state, since } = conformanceOf(conformingBy(standings));
        const health = { state: keepingOf(kept, own), since: sinceOf(kept) };
        return [id, { conformance: { state, since }, health }];
      }),
    );
  }

  /** What was told of the majors that are not retired: of one that is, nobody tells anything any more. */
  async #told(products: readonly string[]) {
    const product = In([...products]);
    const [standings, measures, retired] = await this.#store.sideBySide(
      (em) => em.findBy(ProductStandingEntity, { product }),
      (em) => em.findBy(ProductMeasureEntity, { product }),
      (em) => em.findBy(ProductMajorEntity, { product, status: 'retired' }),
    );
    const isRead = (told: { product: string; major: number }) =>
      !retired.some((one) => one.product === told.product && one.major === told.major);
    return { standings: standings.filter(isRead), measures };
  }

  /** How a product stands, with the newest records that should not be there. Throws MESH-3011. */
  async shown(product: string) {
    const findings = await this.findings(product, { limit: MOST_SHOWN });
    return { product, ...(await this.of(product)), findings: findings.items };
  }

  /** Records that should not be there, newest first. Throws MESH-3011. */
  async findings(product: string, { major, cursor, limit }: FindingsQuery) {
    await assertKnown(this.#store.reader, product);
    const position = positionOf(cursor, 'time', 'text', 'number');
    const search = this.#store.reader
      .createQueryBuilder(FindingEntity, 'f')
      .where('f.product = :product', { product });
    if (major) search.andWhere('f.major = :major', { major });
    if (position) {
      const [at, topic, place] = position;
      search.andWhere(
        `(f.found_at, f.topic || '/' || f.partition, f.offset) < (:at::timestamptz, :topic, :place)`,
        { at, topic, place },
      );
    }
    const rows = await search
      .orderBy('f.found_at', 'DESC')
      .addOrderBy(`f.topic || '/' || f.partition`, 'DESC')
      .addOrderBy('f.offset', 'DESC')
      .limit(limit + 1)
      .getMany();
    const keyOf = (row: FindingEntity) => [
      row.foundAt.toISOString(),
      `${row.topic}/${row.partition}`,
      row.offset,
    ];
    return pageOf(rows, limit, keyOf, showFinding);
  }
}

const conformingBy = (standings: readonly ProductStandingEntity[]) =>
  markedMajor(standings, ({ conformance }) => conformance === 'breached');

const keptBy = (standings: readonly ProductStandingEntity[]) =>
  markedMajor(standings, ({ breaches }) => breaches.length > 0);

function conformanceOf(standing: ProductStandingEntity | undefined) {
  return {
    state: standing?.conformance ?? 'unknown',
    since: standing?.conformanceSince?.toISOString() ?? null,
    lastFinding: standing?.lastFinding ?? null,
    totals: standing?.totals ?? null,
  };
}

function healthOf(
  standing: ProductStandingEntity | undefined,
  measures: readonly ProductMeasureEntity[],
) {
  const { window, intake } = measuredOf(measures);
  const atOf = (source: string) =>
    measures.find((one) => one.source === source)?.measuredAt ?? null;
  const [monitorAt, domainAt] = [atOf('monitor'), atOf('domain')];
  return {
    state: keepingOf(standing, measures),
    since: sinceOf(standing),
    breaches: standing?.breaches ?? [],
    major: standing?.major ?? null,
    measuredAt: {
      monitor: monitorAt?.toISOString() ?? null,
      domain: domainAt?.toISOString() ?? null,
    },
    freshness: {
      timely: window?.timely ?? null,
      late: window?.late ?? null,
      slowestMs: window?.slowestMs ?? null,
      newestAt: window?.newestAt ?? null,
      newestAgeMs: window?.newestAt ? Date.now() - Date.parse(window.newestAt) : null,
      publishLagMs: intake?.publishLagMs ?? null,
    },
    completeness:
      window?.stated.map(({ field, records }) => ({
        field,
        percent: percentOf(records, window.live),
      })) ?? [],
    volume: window && { records: window.records, live: window.live, bytes: window.bytes },
    refusals: intake && {
      since: intake.since,
      accepted: intake.accepted,
      refused: intake.refused,
      byCode: intake.refusals,
    },
    versions: window?.versions ?? [],
  };
}

/** Are the promises kept? Without numbers of late nobody knows. */
function keepingOf(
  standing: ProductStandingEntity | undefined,
  measures: readonly ProductMeasureEntity[],
): string {
  if (standing && standing.breaches.length > 0) return 'breached';
  const now = Date.now();
  const isMeasured = measures.some(({ measuredAt }) => now - measuredAt.getTime() < STALE_MS);
  return isMeasured ? 'kept' : 'unknown';
}

function sinceOf(standing: ProductStandingEntity | undefined): string | null {
  return standing?.healthSince?.toISOString() ?? null;
}

function showFinding(row: FindingEntity) {
  const { topic, partition, offset, step, code, path, schemaId, publisher } = row;
  return {
    topic,
    partition,
    offset: Number(offset),
    step,
    code,
    path,
    schemaId: schemaId === null ? null : Number(schemaId),
    publisher,
    domain: names.parseProductId(row.product).domain,
    writtenAt: row.writtenAt.toISOString(),
    foundAt: row.foundAt.toISOString(),
  };
}
