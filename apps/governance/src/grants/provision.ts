import { deriveViewSchema, names } from '@caremesh/contract';
import { Inject, Injectable } from '@nestjs/common';
import type { AccessRule } from '../broker/access-rules.js';
import { Access } from '../broker/access.js';
import {
  consumerRules,
  grantRules,
  noticeRules,
  outputPortRules,
  portable,
  toldOn,
} from '../broker/access-rules.js';
import { grantQuota } from '../broker/quota-plan.js';
import { toldSchemaOf } from '../broker/told-schemas.js';
import { toldTopicPlan, viewTopicPlan } from '../broker/topic-plan.js';
import { Topics } from '../broker/topics.js';
import { WaitingFetches } from '../broker/waiting-fetches.js';
import { Store } from '../database/store.js';
import { ProductMajorEntity } from '../products/product.entity.js';
import { VersionContentEntity } from '../proposals/proposal.entity.js';
import { Registry } from '../registry/registry.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { GrantEntity, GrantProductEntity } from './grant.entity.js';
import { retiredAmong } from './retired-majors.js';

/** What a grant's reader needs outside the database: its view's schema and topic, its quota, and the rules to read by. */
@Injectable()
export class Provision {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #topics: Topics;
  readonly #access: Access;
  readonly #waiting: WaitingFetches;
  readonly #settings: Settings;

  constructor(
    store: Store,
    registry: Registry,
    topics: Topics,
    access: Access,
    waiting: WaitingFetches,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#registry = registry;
    this.#topics = topics;
    this.#access = access;
    this.#waiting = waiting;
    this.#settings = settings;
  }

  /** Makes it all stand; answers the products with the schema ids of their views. */
  async stand(
    grantId: string,
    products: readonly GrantProductEntity[],
  ): Promise<GrantProductEntity[]> {
    const made: GrantProductEntity[] = [];
    for (const one of products) made.push(await this.#view(grantId, one));
    // Of a major that retired meanwhile nothing is read any more.
    const asked = products.map(({ product }) => product);
    const isRetired = await retiredAmong(this.#store.reader, asked);
    const topics = made.filter((one) => !isRetired(one)).map(({ topic }) => topic);
    const views = topics.filter((topic) => names.parseTopic(topic)?.kind === 'view');
    const told = toldOn(grantId, topics);
    for (const topic of told) await this.#tells(topic);
    await this.#topics.stand([
      ...views.map((topic) => viewTopicPlan(topic, this.#settings)),
      ...told.map((topic) => toldTopicPlan(topic, this.#settings)),
    ]);
    // Before the rules: nobody reads unbounded, not for a moment.
    const { quota, consumer, kind } = await this.#grant(grantId);
    const principal = names.grantPrincipal(grantId);
    await this.#waiting.spare(principal, quota ?? grantQuota(this.#settings));
    await this.#access.permit([
      ...grantRules(grantId, topics, consumer),
      ...noticeRules(grantId),
      ...outputPortRules(portable(kind, topics)),
    ]);
    return made;
  }

  /** Takes back the rules of a grant that ended, and a moment later all but nothing of its quota, from what was let in before. */
  async withdraw(grantId: string): Promise<void> {
    const principal = names.grantPrincipal(grantId);
    // First, in case the broker cannot be reached now: the reconciler then takes the rules away, and knows of nothing that waits.
    this.#waiting.cut(principal);
    await this.#access.withdrawAll(principal);
    await this.#access.withdraw([...noticeRules(grantId), ...(await this.#onlyOf(grantId))]);
    await this.#access.withdraw(await this.#portsOf(grantId));
  }

  /** What a grant is told beside its views is told under schemas of their own. */
  async #tells(topic: string): Promise<void> {
    await this.#registry.register(names.subjectOf(topic), JSON.stringify(toldSchemaOf(topic)));
  }

  #grant(id: string): Promise<GrantEntity> {
    return this.#store.reader.findOneByOrFail(GrantEntity, { id });
  }

  // The group's rule is not this grant's alone.
  async #portsOf(grantId: string): Promise<AccessRule[]> {
    const { kind } = await this.#grant(grantId);
    const products = await this.#store.reader.findBy(GrantProductEntity, { grantId });
    const topics = products.map(({ topic }) => topic);
    return outputPortRules(portable(kind, topics)).filter(({ resource }) => resource === 'topic');
  }

  // A domain may read one topic under two grants: it loses the topic with the second.
  async #onlyOf(grantId: string): Promise<AccessRule[]> {
    const { consumer } = await this.#grant(grantId);
    if (consumer === null) return [];
    const rows = await this.#store.reader.query<{ topic: string }[]>(
      `SELECT p.topic FROM grant_product p WHERE p.grant_id = $1 AND NOT EXISTS (
         SELECT 1 FROM access_grant g JOIN grant_product q ON q.grant_id = g.id
          WHERE g.id <> $1 AND g.consumer = $2 AND g.state = 'active' AND q.topic = p.topic)`,
      [grantId, consumer],
    );
    return consumerRules(
      consumer,
      rows.map(({ topic }) => topic),
    );
  }

  // Individual care reads the product's own topic under the product's own schema.
  async #view(grantId: string, one: GrantProductEntity): Promise<GrantProductEntity> {
    const { product, major, fields, topic } = one;
    if (names.parseTopic(topic)?.kind !== 'view') return one;
    const em = this.#store.reader;
    const { latestHash } = await em.findOneByOrFail(ProductMajorEntity, { product, major });
    const content = await em.findOneByOrFail(VersionContentEntity, { contentHash: latestHash });
    const { kind } = await this.#grant(grantId);
    // Narrowed individual care is a view of people, not of fields: its records are the product's own.
    const schema =
      kind === 'individual-care'
        ? content.schema
        : deriveViewSchema(content.schema, content.contract, grantId, fields);
    const viewSchemaId = await this.#registry.register(
      names.subjectOf(topic),
      JSON.stringify(schema),
    );
    return { ...one, viewSchemaId };
  }
}
