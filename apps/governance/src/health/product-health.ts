import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { pageOf, positionOf } from '../http/page.js';
import { FindingEntity, ProductMeasureEntity, ProductStandingEntity } from './health.entity.js';
import type { FindingsQuery } from './shapes.js';
import { percentOf } from './judge.js';
import { measuredOf } from './standing.js';

/** Numbers are sent once a minute at least; after two nobody measures any more. */
const STALE_MS = 120_000;

/** How a product stands, as the API shows it. */
@Injectable()
export class ProductHealth {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** `conformance` and `health` of a product: those of its newest major that has any. */
  async of(product: string) {
    const em = this.#store.reader;
    const standings = await em.find(ProductStandingEntity, {
      where: { product },
      order: { major: 'DESC' },
    });
    const measures = await em.findBy(ProductMeasureEntity, { product });
    const [standing] = standings;
    const ofMajor = measures.filter(({ major }) => major === standing?.major);
    return { conformance: conformanceOf(standing), health: healthOf(standing, ofMajor) };
  }

  /** Records that should not be there, newest first. */
  async findings(product: string, { major, cursor, limit }: FindingsQuery) {
    const position = positionOf(cursor, 3);
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
  const isFresh = (at: Date | null) => at !== null && Date.now() - at.getTime() < STALE_MS;
  const isMeasured = isFresh(monitorAt) || isFresh(domainAt);
  const breaches = standing?.breaches ?? [];
  return {
    state: breaches.length > 0 ? 'breached' : isMeasured ? 'kept' : 'unknown',
    since: standing?.healthSince?.toISOString() ?? null,
    breaches,
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
    writtenAt: row.writtenAt.toISOString(),
    foundAt: row.foundAt.toISOString(),
  };
}
