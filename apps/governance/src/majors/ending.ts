import { names } from '@caremesh/contract';
import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { IsNull, LessThanOrEqual, Not } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import { Access } from '../broker/access.js';
import { closingRules } from '../broker/access-rules.js';
import type { AccessRule } from '../broker/access-rules.js';
import { Topics } from '../broker/topics.js';
import { Store } from '../database/store.js';
import { GrantProductEntity } from '../grants/grant.entity.js';
import { Ledger } from '../ledger/ledger.js';
import { ProductMajorEntity } from '../products/product.entity.js';
import { LOGGER, SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

const EVERY_MS = 1_000;
const BY_ITSELF = { actor: 'svc-governance', role: 'clock' };

type Stage = {
  column: 'closedAt' | 'deniedAt' | 'emptiedAt';
  action: string;
  due: (now: number) => FindOptionsWhere<ProductMajorEntity>;
  work: (major: ProductMajorEntity) => Promise<Record<string, unknown>>;
};

/**
 * What a retirement brings about at the broker, stage by stage, each at its time: nobody reads the topics and their
 * views, then the domain writes them no more, then what is in them is let go of. Each stage leaves the same when it is
 * done again, and is on the ledger; what the broker could not carry out is tried again.
 */
@Injectable()
export class MajorEnding implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #access: Access;
  readonly #topics: Topics;
  readonly #ledger: Ledger;
  readonly #stages: Stage[];
  readonly #work: Repeated;

  constructor(
    store: Store,
    access: Access,
    topics: Topics,
    ledger: Ledger,
    @Inject(SETTINGS) { retiredGraceMs }: Settings,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#store = store;
    this.#access = access;
    this.#topics = topics;
    this.#ledger = ledger;
    this.#stages = [
      {
        column: 'closedAt',
        action: 'access.withdrawn',
        due: () => ({ retiredAt: Not(IsNull()) }),
        work: (major) => this.#close(major),
      },
      {
        column: 'deniedAt',
        action: 'access.denied',
        due: (now) => ({ retiredAt: LessThanOrEqual(new Date(now - retiredGraceMs)) }),
        work: (major) => this.#deny(major),
      },
      {
        column: 'emptiedAt',
        action: 'topic.emptied',
        due: (now) => ({ topicUntil: LessThanOrEqual(new Date(now)) }),
        work: (major) => this.#empty(major),
      },
    ];
    const run = () => this.#all();
    this.#work = new Repeated({ name: 'major-ending', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  /** Looks for what is due now. */
  wake(): void {
    this.#work.wake();
  }

  async #all(): Promise<void> {
    const end = async () => {
      for (const stage of this.#stages) await this.#stage(stage);
    };
    const isDue = () =>
      this.#store.reader.existsBy(ProductMajorEntity, this.#stages.map(majorsDue));
    await this.#store.exclusively('major-ending', end, isDue);
  }

  async #stage(stage: Stage): Promise<void> {
    const { column, action, work } = stage;
    for (const held of await this.#store.reader.findBy(ProductMajorEntity, majorsDue(stage))) {
      const { product, major } = held;
      const detail = { major, ...(await work(held)) };
      await this.#store.transaction(async (em) => {
        await em.update(ProductMajorEntity, { product, major }, { [column]: new Date() });
        await this.#ledger.record(em, {
          ...BY_ITSELF,
          action,
          object: `product:${product}`,
          detail,
        });
      });
    }
  }

  async #close(major: ProductMajorEntity) {
    const topics = new Set(await this.#topicsOf(major));
    const standing = await this.#access.standing();
    const rules = standing.filter(
      ({ resource, pattern, name, operation, deny }) =>
        resource === 'topic' &&
        pattern === 'literal' &&
        operation === 'READ' &&
        !deny &&
        topics.has(name),
    );
    await this.#access.withdraw(rules);
    return { rules: rules satisfies AccessRule[] };
  }

  async #deny({ product, topic, secondaryTopic }: ProductMajorEntity) {
    const { domain } = names.parseProductId(product);
    const rules = closingRules(domain, secondaryTopic ? [topic, secondaryTopic] : [topic]);
    await this.#access.permit(rules);
    return { rules };
  }

  async #empty(major: ProductMajorEntity) {
    const topics = await this.#topicsOf(major);
    await this.#topics.empty(topics);
    return { topics };
  }

  /** Both editions, and every view of them. */
  async #topicsOf({
    product,
    major,
    topic,
    secondaryTopic,
  }: ProductMajorEntity): Promise<string[]> {
    const granted = await this.#store.reader.findBy(GrantProductEntity, { product, major });
    const views = granted.map((one) => one.topic).filter((name) => name !== topic);
    return [topic, ...(secondaryTopic ? [secondaryTopic] : []), ...views];
  }
}

/** Majors whose stage has come and was not carried out. */
function majorsDue({ column, due }: Stage) {
  return { status: 'retired', [column]: IsNull(), ...due(Date.now()) } as const;
}
