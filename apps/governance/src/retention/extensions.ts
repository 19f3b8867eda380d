import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { holds, isIndependentOf } from '../authority/authority.js';
import { Covers } from '../cover/covers.js';
import { newId } from '../database/ids.js';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import type { GovernanceEventType } from '../events/outbox.js';
import { pageOf, positionOf } from '../http/page.js';
import { Ledger } from '../ledger/ledger.js';
import { ProductEntity } from '../products/product.entity.js';
import { EXTENSION_MOVES, RetentionExtensionEntity } from './extension.entity.js';
import type { ExtensionEvent } from './extension.entity.js';
import type { ExtensionBody, ExtensionDecisionBody, ExtensionQuery } from './shapes.js';

/** Who decides that records are kept longer. */
const DECIDER = 'ig-lead';

const TOLD: Record<ExtensionEvent, GovernanceEventType> = {
  approve: 'retention.extended',
  refuse: 'retention.extension-refused',
  end: 'retention.extension-ended',
};

/** Decisions that records are kept longer than their contract says. */
@Injectable()
export class RetentionExtensions {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;
  readonly #covers: Covers;

  constructor(store: Store, ledger: Ledger, outbox: Outbox, covers: Covers) {
    this.#store = store;
    this.#ledger = ledger;
    this.#outbox = outbox;
    this.#covers = covers;
  }

  /** An owner of the product's domain proposes. Throws MESH-3011, MESH-3904 for another domain's product or a past day. */
  async propose(caller: Caller, product: string, { until, reason }: ExtensionBody) {
    const end = new Date(Date.parse(until) + 86_400_000);
    const extension = await this.#store.transaction(async (em) => {
      if (!(await em.existsBy(ProductEntity, { id: product }))) {
        throw problem(governanceErrors.productNotFound);
      }
      if (names.parseProductId(product).domain !== caller.team || end.getTime() <= Date.now()) {
        throw problem(governanceErrors.extensionRefused);
      }
      const proposed = em.create(RetentionExtensionEntity, {
        ...{ id: newId(), product, state: 'proposed' as const, until: end, reason },
        ...{ proposedBy: caller.sub, team: caller.team, proposedAt: new Date() },
        ...{ decidedBy: null, decidedAt: null },
      });
      await em.insert(RetentionExtensionEntity, proposed);
      const by = { actor: caller.sub, role: 'owner', reason };
      await this.#say(em, proposed, 'retention.extension-proposed', by);
      return proposed;
    });
    return show(extension);
  }

  /**
   * Decides, or ends what was approved. Throws MESH-3903, MESH-3006 (one's own, or one's team's), MESH-3010 (neither an
   * information-governance lead nor standing in for one), MESH-3007.
   */
  async decide(caller: Caller, id: string, { decision, reason }: ExtensionDecisionBody) {
    const extension = await this.#store.transaction(async (em) => {
      const held = await em.findOne(RetentionExtensionEntity, {
        where: { id },
        lock: { mode: 'pessimistic_write' },
      });
      if (!held) throw problem(governanceErrors.extensionNotFound);
      const author = { sub: held.proposedBy, team: held.team };
      if (!isIndependentOf(caller, [author])) throw problem(governanceErrors.ownProposal);
      const person = await this.#covers.standingInFor(em, caller, [author]);
      if (!holds(person, DECIDER))
        throw problem(governanceErrors.notYourDecision, `Needed: ${DECIDER}`);
      const state = EXTENSION_MOVES[held.state][decision];
      if (!state) throw problem(governanceErrors.illegalMove, `It is ${held.state}`);
      Object.assign(held, { state, decidedBy: caller.sub, decidedAt: new Date() });
      await em.save(held);
      const by = { actor: caller.sub, role: 'ig-lead', reason };
      await this.#say(em, held, TOLD[decision], by);
      return held;
    });
    return show(extension);
  }

  /** One page, newest first. */
  async list({ product, state, cursor, limit }: ExtensionQuery) {
    const position = positionOf(cursor, 'time', 'text');
    const search = this.#store.reader
      .createQueryBuilder(RetentionExtensionEntity, 'e')
      .where('true');
    if (product) search.andWhere('e.product = :product', { product });
    if (state) search.andWhere('e.state = :state', { state });
    if (position) {
      const [at, id] = position;
      search.andWhere('(e.proposed_at, e.id) < (:at::timestamptz, :id)', { at, id });
    }
    const rows = await search
      .orderBy('e.proposed_at', 'DESC')
      .addOrderBy('e.id', 'DESC')
      .limit(limit + 1)
      .getMany();
    return pageOf(rows, limit, (row) => [row.proposedAt.toISOString(), row.id], show);
  }

  /** The hold that stands on a product's records, of several the longest; null if none does. */
  async hold(product: string) {
    const held = await this.#store.reader.findOne(RetentionExtensionEntity, {
      where: { product, state: 'approved', until: MoreThan(new Date()) },
      order: { until: 'DESC' },
    });
    return held && { id: held.id, until: held.until.toISOString(), decidedBy: held.decidedBy };
  }

  async #say(
    em: EntityManager,
    { id, product, until }: RetentionExtensionEntity,
    action: GovernanceEventType,
    { actor, role, reason }: { actor: string; role: string; reason: string },
  ): Promise<void> {
    const object = `product:${product}`;
    const about = { extension: id, until: until.toISOString() };
    await this.#ledger.record(em, { actor, role, action, object, detail: { ...about, reason } });
    await this.#outbox.tell(em, { type: action, subject: object, data: about });
  }
}

function show(extension: RetentionExtensionEntity) {
  const { id, product, state, until, reason, proposedBy, proposedAt } = extension;
  return {
    id,
    product,
    state,
    until: until.toISOString(),
    reason,
    proposedBy,
    proposedAt: proposedAt.toISOString(),
    decidedBy: extension.decidedBy,
    decidedAt: extension.decidedAt?.toISOString() ?? null,
  };
}
