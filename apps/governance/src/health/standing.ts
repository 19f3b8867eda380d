import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import type { GovernanceEventType } from '../events/outbox.js';
import { Ledger } from '../ledger/ledger.js';
import { ProductMajorEntity } from '../products/product.entity.js';
import { VersionContentEntity } from '../proposals/proposal.entity.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { FindingEntity, ProductMeasureEntity, ProductStandingEntity } from './health.entity.js';
import type { Breach, LastFinding } from './health.entity.js';
import { judge } from './judge.js';
import type { Measured } from './judge.js';
import type { DomainNumbers, FindingsBody, HealthBody, MonitorNumbers } from './shapes.js';

const MONITOR = 'svc-monitor';
const MOST_LISTED = 1_000;
// On the ledger a report of many findings is one entry, with the first of them, and a flood one each ten seconds.
const MOST_ON_LEDGER = 10;
const LEDGER_PAUSE_MS = 10_000;

/** Takes what was found and measured, and says on ledger and events when a product's standing changes. */
@Injectable()
export class Standing {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;
  readonly #quietMs: number;

  constructor(store: Store, ledger: Ledger, outbox: Outbox, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#ledger = ledger;
    this.#outbox = outbox;
    this.#quietMs = settings.conformanceQuietMs;
  }

  /** Takes findings of the monitor; those told before are told in vain. Throws MESH-3011. */
  async found(product: string, given: FindingsBody): Promise<{ listed: number }> {
    return this.#store.transaction(async (em) => {
      const { topic } = await majorOf(em, product, given.major);
      const standing = await lockStanding(em, product, given.major);
      const listed = await insertFindings(em, topic, product, given);
      const last = given.findings.at(-1);
      if (last) await this.#breach(em, standing, given, lastFindingOf(topic, product, last));
      return { listed };
    });
  }

  /** Takes numbers, from whoever measures them. Throws MESH-3011, MESH-3902. */
  async measured({ sub }: Caller, product: string, given: HealthBody): Promise<void> {
    const source = 'window' in given ? 'monitor' : 'domain';
    const { domain } = productIdOf(product);
    const measurer = source === 'monitor' ? MONITOR : names.domainPrincipal(domain);
    if (sub !== measurer) throw problem(governanceErrors.notYourMeasure, measurer);
    const numbers = 'window' in given ? given.window : given.intake;
    await this.#store.transaction(async (em) => {
      const { latestHash } = await majorOf(em, product, given.major);
      const standing = await lockStanding(em, product, given.major);
      const measure = { product, major: given.major, source, numbers, measuredAt: new Date() };
      await em.save(ProductMeasureEntity, measure as never);
      await this.#judge(em, standing, latestHash);
      if (source === 'monitor') await this.#restore(em, standing);
    });
  }

  async #breach(
    em: EntityManager,
    standing: ProductStandingEntity,
    { major, findings, totals }: FindingsBody,
    lastFinding: LastFinding,
  ): Promise<void> {
    const now = new Date();
    const isNew = standing.conformance !== 'breached';
    const isNews =
      isNew || now.getTime() - (standing.lastFoundAt?.getTime() ?? 0) > LEDGER_PAUSE_MS;
    const isMore = totals.findings !== standing.totals?.findings;
    Object.assign(standing, { lastFinding, lastFoundAt: now, totals });
    if (isNew) Object.assign(standing, { conformance: 'breached', conformanceSince: now });
    await em.save(standing);
    if (isNews && isMore) {
      const detail = { major, totals, findings: findings.slice(0, MOST_ON_LEDGER) };
      await this.#record(em, standing, 'conformance.found', detail);
    }
    if (isNew) await this.#tell(em, standing, 'conformance.breached', { lastFinding });
  }

  async #restore(em: EntityManager, standing: ProductStandingEntity): Promise<void> {
    const { conformance, lastFoundAt, major } = standing;
    const quietSince = lastFoundAt?.getTime() ?? 0;
    if (conformance === 'conforming' || Date.now() - quietSince < this.#quietMs) return;
    const wasBreached = conformance === 'breached';
    Object.assign(standing, { conformance: 'conforming', conformanceSince: new Date() });
    await em.save(standing);
    if (!wasBreached) return;
    await this.#record(em, standing, 'conformance.restored', { major });
    await this.#tell(em, standing, 'conformance.restored', {});
  }

  async #judge(em: EntityManager, standing: ProductStandingEntity, contentHash: string) {
    const { product, major } = standing;
    const { contract } = await em.findOneByOrFail(VersionContentEntity, { contentHash });
    const measures = await em.findBy(ProductMeasureEntity, { product, major });
    const before = standing.breaches;
    const breaches = judge(contract, measuredOf(measures), before);
    const begun = breaches.filter((one) => !includes(before, one));
    const ended = before.filter((one) => !includes(breaches, one));
    const isChanged = begun.length + ended.length > 0;
    const healthSince = isChanged || !standing.healthSince ? new Date() : standing.healthSince;
    Object.assign(standing, { breaches, healthSince });
    await em.save(standing);
    for (const breach of begun) await this.#promise(em, standing, 'health.breached', breach);
    for (const breach of ended) await this.#promise(em, standing, 'health.recovered', breach);
  }

  async #promise(
    em: EntityManager,
    standing: ProductStandingEntity,
    action: 'health.breached' | 'health.recovered',
    breach: Breach,
  ): Promise<void> {
    await this.#record(em, standing, action, { major: standing.major, ...breach });
    await this.#tell(em, standing, action, breach);
  }

  async #record(
    em: EntityManager,
    { product }: ProductStandingEntity,
    action: string,
    detail: Record<string, unknown>,
  ): Promise<void> {
    const by = action === 'conformance.found' ? MONITOR : 'svc-governance';
    const object = `product:${product}`;
    await this.#ledger.record(em, { actor: by, role: 'monitor', action, object, detail });
  }

  async #tell(
    em: EntityManager,
    { product, major }: ProductStandingEntity,
    type: GovernanceEventType,
    data: Record<string, unknown>,
  ): Promise<void> {
    await this.#outbox.tell(em, { type, subject: `product:${product}`, data: { major, ...data } });
  }
}

/** The numbers of both who measure, as they were last sent. */
export function measuredOf(measures: readonly ProductMeasureEntity[]): Measured {
  const of = (source: string) => measures.find((one) => one.source === source)?.numbers ?? null;
  return {
    window: of('monitor') as MonitorNumbers | null,
    intake: of('domain') as DomainNumbers | null,
  };
}

function productIdOf(product: string) {
  try {
    return names.parseProductId(product);
  } catch {
    throw problem(governanceErrors.productNotFound);
  }
}

async function majorOf(em: EntityManager, product: string, major: number) {
  const found = await em.findOneBy(ProductMajorEntity, { product, major });
  if (!found) throw problem(governanceErrors.productNotFound);
  return found;
}

async function lockStanding(em: EntityManager, product: string, major: number) {
  await em
    .createQueryBuilder()
    .insert()
    .into(ProductStandingEntity)
    .values({ product, major, breaches: [] })
    .orIgnore()
    .execute();
  return em.findOneOrFail(ProductStandingEntity, {
    where: { product, major },
    lock: { mode: 'pessimistic_write' },
  });
}

/** Lists what was not listed before; answers how many. The oldest go when there are more than a thousand. */
async function insertFindings(
  em: EntityManager,
  topic: string,
  product: string,
  { major, findings }: FindingsBody,
): Promise<number> {
  const foundAt = new Date();
  const rows = findings.map((one) => ({
    ...one,
    ...{ topic, product, major, foundAt },
    offset: String(one.offset),
    schemaId: one.schemaId === null ? null : String(one.schemaId),
    writtenAt: new Date(one.writtenAt),
  }));
  const { raw } = await em
    .createQueryBuilder()
    .insert()
    .into(FindingEntity)
    .values(rows)
    .orIgnore()
    .returning(['offset'])
    .execute();
  await em.query(
    `DELETE FROM conformance_finding WHERE (topic, partition, "offset") IN (
       SELECT topic, partition, "offset" FROM conformance_finding WHERE product = $1
        ORDER BY found_at DESC OFFSET $2)`,
    [product, MOST_LISTED],
  );
  return (raw as unknown[]).length;
}

function lastFindingOf(
  topic: string,
  product: string,
  { writtenAt: at, ...finding }: FindingsBody['findings'][number],
): LastFinding {
  return { topic, domain: names.parseProductId(product).domain, ...finding, at };
}

function includes(breaches: readonly Breach[], { promise, field }: Breach): boolean {
  return breaches.some((one) => one.promise === promise && one.field === field);
}
