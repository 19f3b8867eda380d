import { names } from '@caremesh/contract';
import { Repeated, eachAlone } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { IsNull, LessThanOrEqual } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { Access } from '../../broker/access.js';
import { viewReaderRule } from '../../broker/access-rules.js';
import { Topics } from '../../broker/topics.js';
import { Store } from '../../database/store.js';
import { Outbox } from '../../events/outbox.js';
import { LOGGER } from '../../settings.js';
import { GrantProductEntity } from '../grant.entity.js';
import type { GrantEntity } from '../grant.entity.js';
import { lockGrant } from '../grant-store.js';
import { LIVE_STATES, isOneOf } from '../lifecycle.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import { Provision } from '../provision.js';
import { GrantFormerViewEntity } from './key-generation.entity.js';

const EVERY_MS = 1_000;
const BY_ITSELF = { actor: 'svc-governance', role: 'clock' };

/** A grant behind its recipient's key: the generation in force, and until when its views so far are read. */
type Behind = { id: string; generation: number; until: Date };

/**
 * Carries out changes of pseudonym keys: names the topics of the new generation, makes them stand beside the former ones,
 * and ends those when their time is over. Each look does what is missing, so it may be cut off anywhere.
 */
@Injectable()
export class KeyGenerations implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #lifecycle: GrantLifecycle;
  readonly #provision: Provision;
  readonly #access: Access;
  readonly #topics: Topics;
  readonly #outbox: Outbox;
  readonly #work: Repeated;

  constructor(
    store: Store,
    lifecycle: GrantLifecycle,
    provision: Provision,
    access: Access,
    topics: Topics,
    outbox: Outbox,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#provision = provision;
    this.#access = access;
    this.#topics = topics;
    this.#outbox = outbox;
    const run = () => this.#all();
    this.#work = new Repeated({ name: 'key generations', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  /** Looks for what was decided now. */
  wake(): void {
    this.#work.wake();
  }

  async #all(): Promise<void> {
    // First what ends: a view that cannot be made must not keep a former name readable beyond its day.
    const change = () =>
      eachAlone(
        [
          async () => eachAlone(await this.#due(), (one) => this.#end(one)),
          async () => eachAlone(await this.#behind(), (one) => this.#rename(one)),
          async () => eachAlone(await this.#unready(), (id) => this.#stand(id)),
        ],
        (step) => step(),
      );
    const isDue = async () => {
      const left = await Promise.all([this.#behind(), this.#unready(), this.#due()]);
      return left.some(({ length }) => length > 0);
    };
    await this.#store.exclusively('key-generations', change, isDue);
  }

  // Grants that were only asked for meanwhile are named anew too: their first view is of the generation in force.
  #behind(): Promise<Behind[]> {
    return this.#store.reader.query<Behind[]>(
      `SELECT DISTINCT ON (g.id) g.id, k.generation, k.former_until AS until
         FROM access_grant g JOIN grant_product p ON p.grant_id = g.id
         JOIN key_generation k ON k.organisation = g.organisation AND k.purpose = g.purpose
        WHERE g.kind = 'view' AND ${isOneOf('g.state', ['draft', 'requested', ...LIVE_STATES])}
          AND p.generation < k.generation
        ORDER BY g.id, k.generation DESC`,
    );
  }

  async #rename({ id, generation, until }: Behind): Promise<void> {
    await this.#store.transaction(async (em) => {
      const { grant, products } = await lockGrant(em, id);
      const behind = products.filter((one) => one.generation < generation);
      if (behind.length === 0) return;
      // What was never filled has nobody who knows a former name.
      for (const one of behind.filter(({ ready }) => ready)) await keepFormer(em, one, until);
      await em.save(
        GrantProductEntity,
        behind.map((one) => ({
          ...one,
          generation,
          topic: names.viewTopic(id, one.product, one.major, generation),
          ...{ viewSchemaId: null, ready: false },
        })),
      );
      await this.#tell(em, grant, 'grant.pseudonyms-changing', { generation, until });
    });
  }

  async #unready(): Promise<string[]> {
    const rows = await this.#store.reader.query<{ id: string }[]>(
      `SELECT DISTINCT g.id FROM access_grant g JOIN grant_product p ON p.grant_id = g.id
        WHERE g.state = 'active' AND p.generation > 1 AND NOT p.ready`,
    );
    return rows.map(({ id }) => id);
  }

  async #stand(id: string): Promise<void> {
    const products = await this.#store.reader.findBy(GrantProductEntity, { grantId: id });
    const made = await this.#provision.stand(id, products);
    await this.#store.transaction(async (em) => {
      const { grant } = await lockGrant(em, id);
      // Ended meanwhile: its rules are being taken away, and what stands is never made ready.
      if (grant.state !== 'active') return;
      await em.save(
        GrantProductEntity,
        made.map((one) => ({ ...one, ready: true })),
      );
      const topics = made.map(({ topic }) => topic);
      await this.#tell(em, grant, 'grant.pseudonyms-changed', { topics });
    });
  }

  #due(): Promise<GrantFormerViewEntity[]> {
    const until = LessThanOrEqual(new Date());
    return this.#store.reader.findBy(GrantFormerViewEntity, { until, endedAt: IsNull() });
  }

  // Not before the new one stands: a reader who moves must have somewhere to go.
  async #end({ grantId, topic, product, major }: GrantFormerViewEntity): Promise<void> {
    const em = this.#store.reader;
    const now = await em.findOneBy(GrantProductEntity, { grantId, product, major });
    if (now && !now.ready) return;
    const rules = [viewReaderRule(grantId, topic)];
    await this.#access.withdraw(rules);
    await this.#topics.empty([topic]);
    await this.#store.transaction(async (em) => {
      const { grant } = await lockGrant(em, grantId);
      await em.update(GrantFormerViewEntity, { topic }, { endedAt: new Date() });
      await this.#tell(em, grant, 'grant.former-view-ended', { topics: [topic], rules });
    });
  }

  async #tell(
    em: EntityManager,
    grant: GrantEntity,
    type: 'grant.pseudonyms-changing' | 'grant.pseudonyms-changed' | 'grant.former-view-ended',
    detail: Record<string, unknown>,
  ): Promise<void> {
    await this.#lifecycle.note(em, grant, type, { ...BY_ITSELF, detail });
    const { rules: _, ...said } = detail;
    const data = { ...said, organisation: grant.organisation };
    await this.#outbox.tell(em, { type, subject: `grant:${grant.id}`, data });
  }
}

async function keepFormer(
  em: EntityManager,
  { grantId, topic, product, major, generation, viewSchemaId }: GrantProductEntity,
  until: Date,
): Promise<void> {
  await em.upsert(
    GrantFormerViewEntity,
    { grantId, topic, product, major, generation, viewSchemaId: viewSchemaId ?? 0, until },
    ['topic'],
  );
}
