import { CARE_SETTINGS, demandOf, standardKey } from '@caremesh/contract';
import type { CareSetting } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Store } from '../database/store.js';
import { standardErrors } from '../errors.js';
import { GrantEntity, GrantProductEntity } from '../grants/grant.entity.js';
import { ProductEntity } from '../products/product.entity.js';
import { today } from '../standards/shapes.js';
import { StandardEntity } from '../standards/standard.entity.js';
import { gapReport } from './gaps.js';
import { scheduleCsv, scheduleJson, scheduleMarkdown } from './pages.js';
import type { GapsQuery, ScheduleQuery } from './shapes.js';

const DAY_MS = 86_400_000;
const WAITING = ['requested', 'approved'];
const READING = ['active', 'suspended'];

type Wanted = { product: string; state: string; organisation: string; since: Date };

/** Reports on what keeps standards from being used, over everything the mesh knows. */
@Injectable()
export class Adoption {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A standards schedule for a contract: those asked for, or what is mandated in a care setting. Throws MESH-3808. */
  async schedule(query: ScheduleQuery) {
    const all = (await this.#standards()).filter((one) => isChosen(one, query));
    if (all.length === 0) throw problem(standardErrors.scheduleEmpty);
    const day = today();
    const title = query.title ?? titleOf(query);
    if (query.format === 'csv') return { type: 'text/csv', text: scheduleCsv(all) };
    if (query.format === 'markdown') {
      return { type: 'text/markdown', text: scheduleMarkdown(title, day, all) };
    }
    const text = JSON.stringify(scheduleJson(title, day, all));
    return { type: 'application/json', text };
  }

  /** Where an organisation, a domain or a care setting stands with what is mandated, and what mending it would take. */
  async gaps({ organisation, domain, careSetting }: GapsQuery) {
    const products = (await this.#store.reader.find(ProductEntity, { order: { id: 'ASC' } }))
      .map(({ contract }) => contract)
      .filter((contract) => organisation === undefined || contract.owner.ods === organisation)
      .filter((contract) => domain === undefined || contract.domain === domain)
      .filter((one) => careSetting === undefined || one.careSetting.includes(careSetting));
    const settings = careSetting
      ? [careSetting]
      : [...new Set(products.flatMap((one) => one.careSetting as CareSetting[]))];
    const standards = (await this.#standards()).map(({ content }) => content);
    const report = gapReport(standards, products, settings, today());
    return { organisation: organisation ?? null, domain: domain ?? null, ...report, next: null };
  }

  /** For each product: what good it does, who waits for it and who reads it. Most waited for first. */
  async demand() {
    const em = this.#store.reader;
    const products = await em.find(ProductEntity, { order: { id: 'ASC' } });
    const wanted = await this.#wanted();
    const items = products.map(({ id, contract }) => {
      const of = (states: readonly string[]) =>
        wanted.filter((one) => one.product === id && states.includes(one.state));
      const waiting = of(WAITING);
      return {
        product: id,
        title: contract.title,
        benefit: contract.benefit ?? contract.description.usage,
        waiting: { ...countOf(waiting), longestDays: longestOf(waiting) },
        reading: countOf(of(READING)),
        owner: contract.owner,
        support: contract.support,
      };
    });
    items.sort((a, b) => b.waiting.grants - a.waiting.grants);
    return { items, next: null };
  }

  async #wanted(): Promise<Wanted[]> {
    const em = this.#store.reader;
    const grants = await em.findBy(GrantEntity, { state: In([...WAITING, ...READING]) });
    const parts = await em.findBy(GrantProductEntity, {
      grantId: In(grants.map(({ id }) => id)),
    });
    return parts.flatMap(({ grantId, product }) => {
      const grant = grants.find(({ id }) => id === grantId);
      if (!grant) return [];
      const { state, organisation, createdAt: since } = grant;
      return [{ product, state, organisation, since }];
    });
  }

  #standards(): Promise<StandardEntity[]> {
    return this.#store.reader.find(StandardEntity, { order: { key: 'ASC' } });
  }
}

function isChosen(row: StandardEntity, { ids, careSetting, useCase }: ScheduleQuery): boolean {
  if (ids) return ids.some((id) => row.names.includes(standardKey(id)));
  if (careSetting && !row.careSettings.includes(careSetting)) return false;
  if (useCase && !row.useCases.includes(useCase)) return false;
  return demandOf(row.content, today()) !== 'nothing';
}

function titleOf({ careSetting }: ScheduleQuery): string {
  return careSetting ? `Standards schedule: ${CARE_SETTINGS[careSetting]}` : 'Standards schedule';
}

function countOf(wanted: readonly Wanted[]) {
  return {
    grants: wanted.length,
    organisations: new Set(wanted.map(({ organisation }) => organisation)).size,
  };
}

function longestOf(waiting: readonly Wanted[]): number {
  const oldest = Math.min(Date.now(), ...waiting.map(({ since }) => since.getTime()));
  return Math.floor((Date.now() - oldest) / DAY_MS);
}
