import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { Store } from '../../database/store.js';
import { grantErrors } from '../../errors.js';
import { pageOf, positionOf } from '../../http/page.js';
import { MotionEntity } from '../../motions/motion.entity.js';
import { MOTION_DECIDERS, Motions } from '../../motions/motions.js';
import type { Motion } from '../../motions/motions.js';
import { showMotion } from '../../motions/shapes.js';
import type { MotionDecision } from '../../motions/shapes.js';
import { Organisations } from '../../organisations/organisations.js';
import { today } from '../../organisations/shapes.js';
import { endOf } from '../request.js';
import { agreementFaults } from './agreement-faults.js';
import type {
  AgreementBody,
  AgreementContent,
  GroundRuleQuery,
  PolicyBody,
  PolicyContent,
} from './shapes.js';

/** Who may put one to the leads. */
const PROPOSERS = ['governance-lead', 'ig-lead', 'caldicott-guardian'];

/** The one subject of every policy for grants: one holds at a time. */
const GRANTS = 'grants';

type Contents = { agreement: AgreementContent; 'grant-policy': PolicyContent };
type GroundRuleKind = keyof Contents;

/** What grants are decided by: joint-controller agreements, and the policy for grants. Proposed, decided by a lead. */
@Injectable()
export class GroundRules {
  readonly #store: Store;
  readonly #motions: Motions;
  readonly #organisations: Organisations;

  constructor(store: Store, motions: Motions, organisations: Organisations) {
    this.#store = store;
    this.#motions = motions;
    this.#organisations = organisations;
  }

  /** Throws MESH-3523, and MESH-3712 with every field that stands against the agreement. */
  async proposeAgreement(caller: Caller, given: AgreementBody) {
    const { reference, until, reason, demonstration } = given;
    roleOf(caller);
    await this.#mayHold(given);
    const organisations = [...new Set(given.organisations)].sort();
    const content = { reference, organisations, until };
    const endsAt = until === null ? null : endOf(until);
    const asked = { kind: 'agreement', subject: reference, content, reason, demonstration, endsAt };
    return show('agreement', await this.#propose(caller, asked as Omit<Motion, 'basedOn'>));
  }

  /** A policy replaces the whole of the one before. Throws MESH-3523. */
  async proposePolicy(caller: Caller, { demands, autoGrant, reason, demonstration }: PolicyBody) {
    const content = { demands, autoGrant };
    const made = await this.#propose(caller, {
      ...{ kind: 'grant-policy', subject: GRANTS, content },
      ...{ reason, demonstration, endsAt: null },
    });
    return show('grant-policy', made);
  }

  /** Decides. Throws MESH-3522, and as Motions.decide does. */
  async decide<K extends GroundRuleKind>(
    caller: Caller,
    kind: K,
    id: string,
    given: MotionDecision,
  ) {
    const motion = { kind, id, notFound: grantErrors.groundRuleNotFound };
    const decided = await this.#motions.decide(caller, motion, given, {
      current: async (em, { subject }) => (await holding(em, kind, subject))?.contentHash ?? null,
      carryOut: (em, held) => this.#replace(em, held),
    });
    return show(kind, decided);
  }

  /** Ends one that holds, or takes a proposed one back. Throws MESH-3522, MESH-3523, MESH-3007. */
  async stop<K extends GroundRuleKind>(caller: Caller, kind: K, id: string, reason: string) {
    const role = roleOf(caller);
    return this.#store.transaction(async (em) => {
      const held = await this.#motions.lock(em, {
        kind,
        id,
        notFound: grantErrors.groundRuleNotFound,
      });
      const event = held.state === 'proposed' ? 'withdraw' : 'end';
      await this.#motions.move(em, held, event, { actor: caller.sub, role, detail: { reason } });
      return show(kind, held);
    });
  }

  async list<K extends GroundRuleKind>(kind: K, { state, cursor, limit }: GroundRuleQuery) {
    const position = positionOf(cursor, 'time', 'text');
    const rows = await this.#store.reader
      .createQueryBuilder(MotionEntity, 'm')
      .where('m.kind = :kind', { kind })
      .andWhere(state ? 'm.state = :state' : 'true', { state })
      .andWhere(position ? '(m.created_at, m.id) < (:at::timestamptz, :id)' : 'true', {
        at: position?.[0],
        id: position?.[1],
      })
      .orderBy('m.created_at', 'DESC')
      .addOrderBy('m.id', 'DESC')
      .take(limit + 1)
      .getMany();
    const keyOf = (row: MotionEntity) => [row.createdAt.toISOString(), row.id];
    return pageOf(rows, limit, keyOf, (row) => show(kind, row));
  }

  /** Throws MESH-3522. */
  async show<K extends GroundRuleKind>(kind: K, id: string) {
    const row = await this.#store.reader.findOneBy(MotionEntity, { kind, id });
    if (!row) throw problem(grantErrors.groundRuleNotFound);
    return show(kind, row);
  }

  async #mayHold({ until, organisations }: AgreementBody): Promise<void> {
    const now = today();
    const standings = await Promise.all(
      organisations.map((ods) => this.#organisations.organisationOn(this.#store.reader, ods, now)),
    );
    const errors = agreementFaults(until, standings, now);
    if (errors.length > 0) throw problem(grantErrors.agreementRefused, undefined, errors);
  }

  async #propose(caller: Caller, asked: Omit<Motion, 'basedOn'>) {
    const role = roleOf(caller);
    return this.#store.transaction(async (em) => {
      const before = await holding(em, asked.kind, asked.subject);
      const basedOn = before?.contentHash ?? null;
      return this.#motions.put(em, caller, { ...asked, basedOn }, role);
    });
  }

  // The one before ends with the approval of what takes its place.
  async #replace(em: EntityManager, { id, kind, subject }: MotionEntity): Promise<void> {
    const before = await em.findBy(MotionEntity, {
      ...{ kind, subject, state: 'approved' as const },
      id: Not(id),
    });
    for (const one of before) {
      const by = { actor: 'svc-governance', role: 'system', detail: { replacedBy: id } };
      await this.#motions.move(em, one, 'end', by);
    }
  }
}

function holding(em: EntityManager, kind: Motion['kind'], subject: string) {
  return em.findOneBy(MotionEntity, [
    { kind, subject, state: 'approved', endsAt: IsNull() },
    { kind, subject, state: 'approved', endsAt: Not(IsNull()) },
  ]);
}

function roleOf(caller: Caller): string {
  const role = PROPOSERS.find((one) => caller.kind === 'user' && caller.roles.includes(one));
  if (!role) throw problem(grantErrors.notYourGroundRule);
  return role;
}

/** As the API shows it; `inForce`: it holds at this moment. */
function show<K extends GroundRuleKind>(_: K, motion: MotionEntity) {
  const { state, endsAt, content } = motion;
  return {
    ...showMotion(motion),
    ...(content as Contents[K]),
    inForce: state === 'approved' && (endsAt === null || endsAt > new Date()),
    decisionsNeeded: MOTION_DECIDERS,
  };
}
