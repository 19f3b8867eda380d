import { contentHash } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller, ErrorEntry } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import canonicalize from 'canonicalize';
import type { EntityManager } from 'typeorm';
import type { Author } from '../authority/authority.js';
import { Covers } from '../cover/covers.js';
import { newId } from '../database/ids.js';
import { Store, insert, turn } from '../database/store.js';
import { repeatedBy, roleOf, rulingOn } from '../decisions/rules.js';
import { governanceErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import type { GovernanceEventType } from '../events/outbox.js';
import { Ledger } from '../ledger/ledger.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { motionMove, openMotionMoves } from './lifecycle.js';
import type { MotionEvent } from './lifecycle.js';
import { MotionEntity } from './motion.entity.js';
import type { MotionKind } from './motion.entity.js';
import type { MotionDecision } from './shapes.js';

/** Who decides on a motion, of whatever kind: somebody who holds this role and had no part in proposing it. */
export const MOTION_DECIDERS = ['governance-lead'];

/** What is put to the leads. */
export type Motion = {
  kind: MotionKind;
  subject: string;
  content: object;
  basedOn: string | null;
  reason: string;
  demonstration: boolean;
  endsAt: Date | null;
  /** The domain it is put for: the proposer's team where their token names none. */
  domain?: string | null;
};

/** How each move is told and written down, whatever the kind: `standard.approved`, `waiver.expired`. */
const PAST: Record<MotionEvent | 'propose', string> = {
  propose: 'proposed',
  approve: 'approved',
  refuse: 'refused',
  withdraw: 'withdrawn',
  supersede: 'superseded',
  end: 'ended',
  expire: 'expired',
};

/** What the subject of a motion is called where it is told. */
const SUBJECT_OF: Record<MotionKind, string> = {
  standard: 'standard',
  waiver: 'product',
  agreement: 'agreement',
  'grant-policy': 'policy',
  'pseudonym-key': 'recipient',
};

type By = { actor: string; role: string; detail?: Record<string, unknown> };

/**
 * Propose and approve, for what is not a version of a product: the same rules of independence and of the hash, the
 * same ledger and events. What an approval brings about is the matter of the room the motion belongs to.
 */
@Injectable()
export class Motions {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;
  readonly #covers: Covers;
  readonly #mode: Settings['mode'];

  constructor(
    store: Store,
    ledger: Ledger,
    outbox: Outbox,
    covers: Covers,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#ledger = ledger;
    this.#outbox = outbox;
    this.#covers = covers;
    this.#mode = settings.mode;
  }

  /**
   * Puts a motion. The same content put again by the same person while it is undecided is the same motion. Throws
   * MESH-3020 for a demonstration in production, MESH-3091 for what somebody else put.
   */
  async put(
    em: EntityManager,
    caller: Caller,
    { domain = null, ...motion }: Motion,
    role: string,
  ): Promise<MotionEntity> {
    this.#refuseDemonstration(motion.demonstration);
    const { kind, subject } = motion;
    await turn(em, `motion:${kind}:${subject}`);
    const hash = hashOf(motion.content);
    const open = await em.findOneBy(MotionEntity, {
      kind,
      subject,
      contentHash: hash,
      state: 'proposed',
    });
    if (open) return repeatedBy(caller, open);
    const now = new Date();
    const made = em.create(MotionEntity, {
      id: newId(),
      ...motion,
      contentHash: hash,
      state: 'proposed',
      proposedBy: caller.sub,
      team: caller.team ?? domain,
      createdAt: now,
      updatedAt: now,
    });
    await insert(em, MotionEntity, made);
    await this.#announce(em, made, 'propose', {
      actor: caller.sub,
      role,
      detail: { reason: motion.reason },
    });
    return made;
  }

  /**
   * Decides. `current` is the hash of what the motion would replace, as it is now; `carryOut` does what an approval
   * means, in the same transaction. Throws `notFound`, MESH-3010 and MESH-3006 (not this person's to decide),
   * MESH-3005 (other content), MESH-3007 (nothing to decide any more), MESH-3008 (what it would replace is another now),
   * MESH-3020 (a demonstration in production).
   */
  async decide(
    caller: Caller,
    motion: { kind: MotionKind; id: string; notFound: ErrorEntry },
    given: MotionDecision,
    hooks: {
      current: (em: EntityManager, motion: MotionEntity) => Promise<string | null>;
      carryOut: (em: EntityManager, motion: MotionEntity) => Promise<void>;
    },
  ): Promise<MotionEntity> {
    this.#refuseDemonstration(given.demonstration);
    const { decided, outlived } = await this.#store.transaction(async (em) => {
      const held = await this.lock(em, motion);
      const role = await this.#roleFor(em, caller, held, given);
      if (given.contentHash !== held.contentHash) throw problem(governanceErrors.contentMoved);
      this.#refuseIllegal(held, given.decision);
      const isOutlived =
        given.decision === 'approve' && (await hooks.current(em, held)) !== held.basedOn;
      const by = { actor: caller.sub, role, detail: { reason: given.reason } };
      if (isOutlived) {
        await this.move(em, held, 'supersede', { actor: 'svc-governance', role: 'system' });
        return { decided: held, outlived: true };
      }
      await this.move(em, held, given.decision, by, {
        decidedBy: caller.sub,
        decidedRole: role,
        decisionReason: given.reason,
        decidedAt: new Date(),
      });
      if (given.decision === 'approve') await hooks.carryOut(em, held);
      return { decided: held, outlived: false };
    });
    // Thrown after the commit: what was outlived stays superseded.
    if (outlived) throw problem(governanceErrors.changedSince);
    return decided;
  }

  /** The motion, held until the transaction ends; motions of one subject are decided one after the other. */
  async lock(
    em: EntityManager,
    { kind, id, notFound }: { kind: MotionKind; id: string; notFound: ErrorEntry },
  ): Promise<MotionEntity> {
    const known = await em.findOneBy(MotionEntity, { kind, id });
    if (!known) throw problem(notFound);
    await turn(em, `motion:${kind}:${known.subject}`);
    return em.findOneOrFail(MotionEntity, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** Moves a motion that the caller holds: by the table, on the ledger, and told. Throws MESH-3007. */
  async move(
    em: EntityManager,
    motion: MotionEntity,
    event: MotionEvent,
    by: By,
    values: Partial<MotionEntity> = {},
  ): Promise<void> {
    this.#refuseIllegal(motion, event);
    const state = motionMove(motion.state, event) ?? motion.state;
    Object.assign(motion, values, { state, updatedAt: new Date() });
    await em.save(MotionEntity, motion);
    await this.#announce(em, motion, event, by);
  }

  /** The role the caller decides in, their own or one they stand in for. Throws MESH-3010, MESH-3006. */
  async #roleFor(
    em: EntityManager,
    caller: Caller,
    motion: MotionEntity,
    { role }: MotionDecision,
  ): Promise<string> {
    const authors = await proposersOf(em, motion);
    const person = await this.#covers.standingInFor(em, caller, authors);
    const about = { decisionsNeeded: MOTION_DECIDERS, authors, approvals: [] };
    return roleOf(rulingOn(person, role, about));
  }

  #refuseIllegal(motion: MotionEntity, event: MotionEvent): void {
    if (!motionMove(motion.state, event))
      throw problem(governanceErrors.illegalMove, openMotionMoves(motion.state));
  }

  #refuseDemonstration(demonstration: boolean): void {
    if (demonstration && this.#mode === 'production')
      throw problem(governanceErrors.demonstrationRefused);
  }

  async #announce(
    em: EntityManager,
    motion: MotionEntity,
    event: MotionEvent | 'propose',
    by: By,
  ): Promise<void> {
    const { id, kind, subject, contentHash: hash, endsAt, demonstration } = motion;
    const action = `${kind}.${PAST[event]}` as GovernanceEventType;
    const object = `${kind}:${kind === 'standard' ? subject : id}`;
    const summary = {
      motion: id,
      [SUBJECT_OF[kind]]: subject,
      contentHash: hash,
      ...(endsAt ? { until: endsAt.toISOString() } : {}),
      ...(demonstration ? { demonstration } : {}),
    };
    const { actor, role } = by;
    const detail = { ...summary, ...by.detail };
    await this.#ledger.record(em, { actor, role, action, object, detail });
    await this.#outbox.tell(em, { type: action, subject: object, data: summary });
  }
}

/** Everybody who proposed this content, by whatever motion: who took theirs back had a part in it all the same. */
export async function proposersOf(
  em: EntityManager,
  { kind, subject, contentHash: hash }: MotionEntity,
): Promise<Author[]> {
  const same = await em.findBy(MotionEntity, { kind, subject, contentHash: hash });
  return same.map(({ proposedBy, team }) => ({ sub: proposedBy, team }));
}

/** SHA-256 over the RFC 8785 form of a motion's content, as the mesh hashes everything decided on. */
export function hashOf(content: object): string {
  return contentHash({ 'content.json': canonicalize(content) ?? '' });
}
