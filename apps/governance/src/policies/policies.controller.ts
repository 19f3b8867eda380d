import { POLICIES, demandOf } from '@caremesh/contract';
import { Allow } from '@caremesh/platform';
import { Controller, Get } from '@nestjs/common';
import { Store } from '../database/store.js';
import { Documented } from '../http/documented.js';
import { today } from '../standards/shapes.js';
import { StandardEntity } from '../standards/standard.entity.js';

/** What every proposal is held against: the house rules, and the rules of each standard. */
@Allow('*')
@Controller('v1/policies')
export class PoliciesController {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  @Documented({ summary: 'House rules and rules of standards, in the order their checks run' })
  @Get()
  async list() {
    const standards = await this.#store.reader.find(StandardEntity, { order: { key: 'ASC' } });
    const house = POLICIES.map((policy) => ({ ...policy, source: 'house-rules', demand: 'now' }));
    const rules = standards.flatMap(({ content }) =>
      content.rules.map(({ name, kind }) => ({
        name: `${content.id}/${name}`,
        severity: content.state === 'active' ? 'blocks' : 'warns',
        waivable: true,
        source: content.id,
        kind,
        demand: demandOf(content, today()),
      })),
    );
    return { items: [...house, ...rules], next: null };
  }
}
