import {
  CARE_SETTINGS,
  STANDARD_MOVES,
  USE_CASES,
  demandOf,
  isDeclared,
  namesOf,
  standardKey,
} from '@caremesh/contract';
import type { CareSetting, UseCase } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { standardErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { ProductEntity } from '../products/product.entity.js';
import { standardNamed } from './revisions.js';
import { showRevision, showStandard, summaryOf, today } from './shapes.js';
import type { StandardQuery } from './shapes.js';
import { StandardEntity, StandardRevisionEntity } from './standard.entity.js';

/** The standards of the mesh, open to everybody who is signed in. */
@Injectable()
export class Standards {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** One page of standards, by identifier; all of `q`'s words must occur, in any order. */
  async list(query: StandardQuery) {
    const position = positionOf(query.cursor, 'text');
    const search = this.#store.reader.createQueryBuilder(StandardEntity, 's').where('true');
    if (query.careSetting) search.andWhere(':careSetting = ANY(s.care_settings)', query);
    if (query.useCase) search.andWhere(':useCase = ANY(s.use_cases)', query);
    if (query.state) search.andWhere('s.state = :state', query);
    if (query.type) search.andWhere(`s.content->>'type' = :type`, query);
    if (query.mandated !== undefined) search.andWhere('s.mandated = :mandated', query);
    const words = (query.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    words.forEach((word, at) =>
      search.andWhere(
        `strpos(lower(concat_ws(' ', array_to_string(s.names, ' '), s.content->>'title', s.content->>'summary', s.content->'owner'->>'name')), :word${at}) > 0`,
        { [`word${at}`]: word },
      ),
    );
    if (position) search.andWhere('s.key > :after', { after: position[0] });
    const rows = await search
      .orderBy('s.key')
      .take(query.limit + 1)
      .getMany();
    return pageOf(rows, query.limit, ({ key }) => [key], summaryOf);
  }

  /**
   * Care settings by uses: how many standards there are, and which. Every pair that has any is one item, in the order
   * of the vocabularies.
   */
  async browse() {
    const all = await this.#store.reader.find(StandardEntity, { order: { key: 'ASC' } });
    const items = (Object.keys(CARE_SETTINGS) as CareSetting[]).flatMap((careSetting) =>
      (Object.keys(USE_CASES) as UseCase[]).flatMap((useCase) => {
        const found = all.filter(
          (one) => one.careSettings.includes(careSetting) && one.useCases.includes(useCase),
        );
        if (found.length === 0) return [];
        const standards = found.map(({ content, mandated }) => ({
          id: content.id,
          title: content.title,
          state: content.state,
          mandated,
        }));
        return [{ careSetting, useCase, count: standards.length, standards }];
      }),
    );
    return { careSettings: named(CARE_SETTINGS), useCases: named(USE_CASES), items, next: null };
  }

  /** One standard with what builds on it and which products conform. Throws MESH-3801. */
  async show(name: string) {
    const row = await this.existing(name);
    const all = await this.#store.reader.find(StandardEntity, { order: { key: 'ASC' } });
    const byName = new Map(all.flatMap((one) => one.names.map((each) => [each, one] as const)));
    const products = await this.#conforming(row);
    const { content } = row;
    return {
      ...showStandard(row),
      demand: demandOf(content, today()),
      moves: STANDARD_MOVES[content.state],
      buildsOn: content.dependencies.flatMap((id) => {
        const one = byName.get(standardKey(id));
        return one ? [summaryOf(one)] : [];
      }),
      builtOnBy: all
        .filter((one) => one.content.dependencies.some((id) => row.names.includes(standardKey(id))))
        .map(({ content: { id, title, state } }) => ({ id, title, state })),
      products,
    };
  }

  /** The revisions of a standard, newest first. Throws MESH-3801. */
  async revisions(name: string) {
    const { key } = await this.existing(name);
    const rows = await this.#store.reader.find(StandardRevisionEntity, {
      where: { key },
      order: { revision: 'DESC' },
    });
    return { items: rows.map(showRevision), next: null };
  }

  /** The standard of that name. Throws MESH-3801. */
  async existing(name: string): Promise<StandardEntity> {
    const found = await standardNamed(this.#store.reader, name);
    if (!found) throw problem(standardErrors.standardNotFound, name.slice(0, 60));
    return found;
  }

  async #conforming({ content }: StandardEntity) {
    const names = namesOf(content);
    const products = await this.#store.reader.find(ProductEntity, { order: { id: 'ASC' } });
    return products
      .filter(({ contract }) => isDeclared(content, contract))
      .map(({ id, contract }) => ({
        id,
        title: contract.title,
        owner: contract.owner,
        conformsTo:
          contract.standards.find((one) => names.includes(standardKey(one.id)))?.version ?? null,
      }));
  }
}

function named(vocabulary: Record<string, string>) {
  return Object.entries(vocabulary).map(([id, title]) => ({ id, title }));
}
