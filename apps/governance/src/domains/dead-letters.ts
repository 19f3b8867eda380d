import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { deadLetterPlan } from '../broker/topic-plan.js';
import { Topics } from '../broker/topics.js';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { Ledger } from '../ledger/ledger.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { DomainEntity } from './domain.entity.js';

/** Topics for what a domain's consumers could not use. A domain makes no topic itself, not even below its own prefix. */
@Injectable()
export class DeadLetters {
  readonly #store: Store;
  readonly #topics: Topics;
  readonly #ledger: Ledger;
  readonly #settings: Settings;

  constructor(store: Store, topics: Topics, ledger: Ledger, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#topics = topics;
    this.#ledger = ledger;
    this.#settings = settings;
  }

  /**
   * Makes sure that the dead letter topic of one of the domain's consumers is there. Throws MESH-3023 while
   * the domain is not accepted, MESH-3016 and MESH-3017 as the broker answers.
   */
  async stand({ name, sub }: Caller, consumer: string): Promise<{ topic: string }> {
    if (!(await this.#store.reader.existsBy(DomainEntity, { name }))) {
      throw problem(governanceErrors.domainWaiting, name);
    }
    const topic = names.deadLetterTopic(name, consumer);
    const { created } = await this.#topics.stand([deadLetterPlan(topic, this.#settings)]);
    if (created.length > 0) {
      const object = `topic:${topic}`;
      const action = 'dead-letter-topic.made';
      await this.#ledger.note({ actor: sub, role: 'domain', action, object, detail: {} });
    }
    return { topic };
  }
}
