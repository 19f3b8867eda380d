import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isOwnerOf } from '../../authority/authority.js';
import { Store, turn } from '../../database/store.js';
import { grantErrors } from '../../errors.js';
import { pageOf, positionOf } from '../../http/page.js';
import { MotionEntity } from '../../motions/motion.entity.js';
import { Motions, hashOf } from '../../motions/motions.js';
import type { Motion } from '../../motions/motions.js';
import type { MotionDecision } from '../../motions/shapes.js';
import { generationOf } from './generation-in-force.js';
import type { Recipient } from './generation-in-force.js';
import { KeyGenerationEntity } from './key-generation.entity.js';
import { KeyGenerations } from './key-generations.js';
import { showKeyChange } from './shapes.js';
import type { KeyChangeBody, KeyChangeContent, KeyChangeQuery } from './shapes.js';

const KIND = { kind: 'pseudonym-key', notFound: grantErrors.keyChangeNotFound } as const;
const DAY_MS = 86_400_000;

/** Changes of a recipient's pseudonym key: asked, decided by somebody else. */
@Injectable()
export class KeyChanges {
  readonly #store: Store;
  readonly #motions: Motions;
  readonly #generations: KeyGenerations;

  constructor(store: Store, motions: Motions, generations: KeyGenerations) {
    this.#store = store;
    this.#motions = motions;
    this.#generations = generations;
  }

  /**
   * Throws MESH-3706 where the recipient has no view, MESH-3708 for somebody who guards none of its products, MESH-3715 where
   * another change of the recipient's waits; the same one asked for again by the same person, for the same reason, is that
   * one, by somebody else MESH-3091.
   */
  async ask(caller: Caller, given: KeyChangeBody) {
    const { organisation, purpose, keepDays, reason, demonstration } = given;
    const made = await this.#store.transaction(async (em) => {
      const products = await productsOf(em, given);
      if (products.length === 0) throw problem(grantErrors.noViewToRename);
      const generation = (await generationOf(em, given)) + 1;
      const content: KeyChangeContent = { organisation, purpose, generation, keepDays };
      const { role, domain } = askedAs(caller, products);
      const motion = {
        ...{ kind: KIND.kind, subject: `${organisation}/${purpose}`, content },
        ...{ basedOn: basisOf(generation - 1), reason, demonstration, endsAt: null, domain },
      };
      await turn(em, `motion:${motion.kind}:${motion.subject}`);
      await refuseBesideAnother(em, motion);
      return this.#motions.put(em, caller, motion, role);
    });
    return showKeyChange(made);
  }

  /** Takes back what is not decided yet: who asked for it. Throws MESH-3707, MESH-3716, MESH-3007. */
  async withdraw(caller: Caller, id: string, reason: string) {
    return this.#store.transaction(async (em) => {
      const motion = await this.#motions.lock(em, { ...KIND, id });
      if (motion.proposedBy !== caller.sub) throw problem(grantErrors.keyChangeOfAnother);
      const by = { actor: caller.sub, role: 'requester', detail: { reason } };
      await this.#motions.move(em, motion, 'withdraw', by);
      return showKeyChange(motion);
    });
  }

  /** Decides. Throws MESH-3707, and as Motions.decide does: MESH-3008 if the key is of another generation by now. */
  async decide(caller: Caller, id: string, given: MotionDecision) {
    const decided = await this.#motions.decide(caller, { ...KIND, id }, given, {
      current: async (em, { content }) =>
        basisOf(await generationOf(em, content as KeyChangeContent)),
      carryOut: async (em, { content }) => {
        const { organisation, purpose, generation, keepDays } = content as KeyChangeContent;
        const decidedAt = new Date();
        const formerUntil = new Date(decidedAt.getTime() + keepDays * DAY_MS);
        const row = { organisation, purpose, generation, motion: id, decidedAt, formerUntil };
        await em.insert(KeyGenerationEntity, row);
      },
    });
    this.#generations.wake();
    return showKeyChange(decided);
  }

  async list({ state, cursor, limit }: KeyChangeQuery) {
    const position = positionOf(cursor, 'time', 'text');
    const rows = await this.#store.reader
      .createQueryBuilder(MotionEntity, 'm')
      .where('m.kind = :kind', { kind: KIND.kind })
      .andWhere(state ? 'm.state = :state' : 'true', { state })
      .andWhere(position ? '(m.created_at, m.id) < (:at::timestamptz, :id)' : 'true', {
        at: position?.[0],
        id: position?.[1],
      })
      .orderBy('m.created_at', 'DESC')
      .addOrderBy('m.id', 'DESC')
      .take(limit + 1)
      .getMany();
    return pageOf(rows, limit, (row) => [row.createdAt.toISOString(), row.id], showKeyChange);
  }

  /** Throws MESH-3707. */
  async show(id: string) {
    const row = await this.#store.reader.findOneBy(MotionEntity, { kind: KIND.kind, id });
    if (!row) throw problem(grantErrors.keyChangeNotFound);
    return showKeyChange(row);
  }
}

/** What a change would replace, as a decision on it is held against. */
const basisOf = (generation: number): string => hashOf({ generation });

/** One change of a recipient's at a time: of two that wait, the second decided would come to nothing. */
async function refuseBesideAnother(
  em: EntityManager,
  { kind, subject, content, reason }: Motion,
): Promise<void> {
  const open = await em.findOneBy(MotionEntity, { kind, subject, state: 'proposed' });
  const isTheSame = open?.contentHash === hashOf(content) && open.reason === reason;
  if (open && !isTheSame) throw problem(grantErrors.keyChangeOpen, open.id);
}

async function productsOf(em: EntityManager, { organisation, purpose }: Recipient) {
  const rows = await em.query<{ product: string }[]>(
    `SELECT DISTINCT p.product FROM access_grant g JOIN grant_product p ON p.grant_id = g.id
      WHERE g.kind = 'view' AND g.state = 'active' AND g.organisation = $1 AND g.purpose = $2`,
    [organisation, purpose],
  );
  return rows.map(({ product }) => product);
}

/** The role in which somebody asks, and the domain they own. Throws MESH-3708. */
function askedAs(caller: Caller, products: readonly string[]) {
  if (caller.kind === 'user' && caller.roles.includes('ig-lead')) {
    return { role: 'ig-lead', domain: null };
  }
  const domain = products
    .map((product) => names.parseProductId(product).domain)
    .find((one) => isOwnerOf(caller, one));
  if (domain) return { role: `${domain}-owner`, domain };
  throw problem(grantErrors.notYourKeyChange);
}
