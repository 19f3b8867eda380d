import { isWaivable, names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { isOwnerOf, isPublisherOf } from '../authority/authority.js';
import { Store } from '../database/store.js';
import { standardErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { MotionEntity } from '../motions/motion.entity.js';
import { Motions } from '../motions/motions.js';
import type { MotionDecision } from '../motions/shapes.js';
import type { WaiverContent } from './in-force.js';
import { LONGEST_WAIVER_DAYS, endOf } from './period.js';
import { showWaiver } from './shapes.js';
import type { ProposeWaiverBody, WaiverQuery } from './shapes.js';

const KIND = { kind: 'waiver', notFound: standardErrors.waiverNotFound } as const;

/** Time-limited exceptions from a check: proposed, approved by somebody else, ended by the clock. */
@Injectable()
export class Waivers {
  readonly #store: Store;
  readonly #motions: Motions;

  constructor(store: Store, motions: Motions) {
    this.#store = store;
    this.#motions = motions;
  }

  /**
   * Proposes a waiver for a product of the caller's domain; a governance lead for any. Throws MESH-3806 for a check
   * that may not be waived or an end that is not legal, MESH-3804 for somebody else's domain.
   */
  async propose(caller: Caller, given: ProposeWaiverBody) {
    const { product, check, about, reason, demonstration } = given;
    const role = roleOver(caller, product);
    const domain = role === 'governance-lead' ? null : names.parseProductId(product).domain;
    if (!isWaivable(check))
      throw refused('check', `${check} protects people or readers and cannot be waived.`);
    const endsAt = endOf(given.until, new Date());
    if (endsAt === null)
      throw refused('until', `It must end in the future, within ${LONGEST_WAIVER_DAYS} days.`);
    const until = endsAt.toISOString();
    const content: WaiverContent = { product, check, about, until, reason };
    const motion = {
      ...{ kind: KIND.kind, subject: product, content, basedOn: null },
      ...{ reason, demonstration, endsAt, domain },
    };
    const made = await this.#store.transaction((em) => this.#motions.put(em, caller, motion, role));
    return showWaiver(made);
  }

  /** Decides. Throws as Motions.decide does, and MESH-3806 once its end has passed. */
  async decide(caller: Caller, id: string, given: MotionDecision) {
    const decided = await this.#motions.decide(caller, { ...KIND, id }, given, {
      current: () => Promise.resolve(null),
      carryOut: (_, { endsAt }) =>
        endsAt && endsAt > new Date()
          ? Promise.resolve()
          : Promise.reject(refused('until', 'The end it names has passed.')),
    });
    return showWaiver(decided);
  }

  /** Takes a proposed one back, or ends one that holds: its team or a governance lead. Throws MESH-3804, MESH-3007. */
  async stop(caller: Caller, id: string, event: 'withdraw' | 'end', reason: string) {
    return this.#store.transaction(async (em) => {
      const motion = await this.#motions.lock(em, { ...KIND, id });
      const by = { actor: caller.sub, role: roleOver(caller, motion.subject), detail: { reason } };
      await this.#motions.move(em, motion, event, by);
      return showWaiver(motion);
    });
  }

  /** One page, newest first. */
  async list(query: WaiverQuery) {
    const position = positionOf(query.cursor, 'time', 'text');
    const rows = await this.#store.reader
      .createQueryBuilder(MotionEntity, 'm')
      .where(`m.kind = 'waiver'`)
      .andWhere(query.state ? 'm.state = :state' : 'true', query)
      .andWhere(query.product ? 'm.subject = :product' : 'true', query)
      .andWhere(position ? '(m.created_at, m.id) < (:at::timestamptz, :id)' : 'true', {
        at: position?.[0],
        id: position?.[1],
      })
      .orderBy('m.created_at', 'DESC')
      .addOrderBy('m.id', 'DESC')
      .take(query.limit + 1)
      .getMany();
    return pageOf(rows, query.limit, (row) => [row.createdAt.toISOString(), row.id], showWaiver);
  }

  /** One waiver. Throws MESH-3805. */
  async show(id: string) {
    const row = await this.#store.reader.findOneBy(MotionEntity, { kind: 'waiver', id });
    if (!row) throw problem(standardErrors.waiverNotFound);
    return showWaiver(row);
  }
}

/** The role in which somebody may propose or stop a waiver of the product. Throws MESH-3804. */
function roleOver(caller: Caller, product: string): string {
  const { domain } = names.parseProductId(product);
  if (isPublisherOf(caller, domain)) return 'publisher';
  if (isOwnerOf(caller, domain)) return 'owner';
  if (caller.kind === 'user' && caller.roles.includes('governance-lead')) return 'governance-lead';
  throw problem(standardErrors.notYourMotion, product);
}

function refused(path: string, message: string) {
  const { code, fix } = standardErrors.waiverRefused;
  return problem(standardErrors.waiverRefused, message, [{ path, code, message, fix }]);
}
