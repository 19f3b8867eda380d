import { names } from '@caremesh/contract';
import { Problem, Repeated, delayAfter } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { grantRules } from '../broker/access-rules.js';
import { Store } from '../database/store.js';
import { LOGGER } from '../settings.js';
import { GrantEntity, GrantProductEntity } from './grant.entity.js';
import { lockGrant } from './grant-store.js';
import { Supersede } from './deciding/supersede.js';
import { GrantLifecycle } from './lifecycle.service.js';
import { Provision } from './provision.js';

const EVERY_MS = 1_000;
const BY_ITSELF = { actor: 'svc-governance', role: 'granter' };

/**
 * Makes approved grants active: view schema registered, topic made, access rules set. Like the registrar it
 * may be killed and started anywhere; each step leaves the same when it is done again.
 */
@Injectable()
export class Granter implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #lifecycle: GrantLifecycle;
  readonly #provision: Provision;
  readonly #supersede: Supersede;
  readonly #work: Repeated;

  constructor(
    store: Store,
    lifecycle: GrantLifecycle,
    provision: Provision,
    supersede: Supersede,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#provision = provision;
    this.#supersede = supersede;
    const run = () => this.#all();
    this.#work = new Repeated({ name: 'granter', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  /** Looks for approved grants now. */
  wake(): void {
    this.#work.wake();
  }

  // One that cannot be carried out is tried again later, and keeps none of the others waiting.
  async #all(): Promise<void> {
    const tried: string[] = [];
    const failures: unknown[] = [];
    for (let id = await this.#next(tried); id !== null; id = await this.#next(tried)) {
      const one = id;
      tried.push(one);
      await this.#store
        .exclusively(`grant:${one}`, () => this.#one(one))
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** The next to be made to stand, looked for anew each time: an emergency waits for one other at most, however many there are. */
  async #next(tried: readonly string[]): Promise<string | null> {
    const row = await this.#store.reader
      .createQueryBuilder(GrantEntity, 'g')
      .select('g.id', 'id')
      .where(`g.state = 'approved' AND g.starts_at <= now()`)
      .andWhere('(g.next_attempt_at IS NULL OR g.next_attempt_at <= now())')
      .andWhere('g.id <> ALL(:tried)', { tried })
      .orderBy('g.break_glass IS NULL')
      .addOrderBy('g.created_at')
      .limit(1)
      .getRawOne<{ id: string }>();
    return row?.id ?? null;
  }

  async #one(id: string): Promise<void> {
    const products = await this.#store.reader.findBy(GrantProductEntity, { grantId: id });
    try {
      const made = await this.#provision.stand(id, products);
      const isActive = await this.#activate(id, made);
      if (!isActive) await this.#provision.withdraw(id);
    } catch (error) {
      await this.#wait(id, error);
    }
  }

  // A grant that was revoked while its topic was being made is not activated; its rules are taken back.
  async #activate(id: string, made: GrantProductEntity[]): Promise<boolean> {
    return this.#store.transaction(async (em) => {
      const { grant } = await lockGrant(em, id);
      if (grant.state !== 'approved') return false;
      await em.save(
        GrantProductEntity,
        made.map((one) => ({ ...one, ready: true })),
      );
      const topics = made.map(({ topic, viewSchemaId }) => ({ topic, viewSchemaId }));
      const rules = grantRules(
        id,
        topics.map(({ topic }) => topic),
        grant.consumer,
      );
      const detail = { principal: names.grantPrincipal(id), topics, rules };
      await this.#lifecycle.move(
        em,
        grant,
        'activate',
        { ...BY_ITSELF, detail },
        {
          activatedAt: grant.activatedAt ?? new Date(),
          failure: null,
          attempts: 0,
          nextAttemptAt: null,
        },
      );
      await this.#supersede.supersede(em, grant, BY_ITSELF);
      return true;
    });
  }

  async #wait(id: string, error: unknown): Promise<void> {
    const failure = error instanceof Problem ? `${error.code} ${error.detail}` : String(error);
    const { attempts } = await this.#store.reader.findOneByOrFail(GrantEntity, { id });
    const nextAttemptAt = new Date(Date.now() + delayAfter(attempts));
    const values = { failure, attempts: attempts + 1, nextAttemptAt };
    await this.#store.reader.update(GrantEntity, { id }, values);
    throw error;
  }
}
