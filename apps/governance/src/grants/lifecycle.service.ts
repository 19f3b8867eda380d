import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { grantErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import type { GovernanceEventType } from '../events/outbox.js';
import { Ledger } from '../ledger/ledger.js';
import { GrantEntity, GrantEventEntity } from './grant.entity.js';
import { grantMoveOf, openGrantMoves } from './lifecycle.js';
import type { GrantEvent, GrantState } from './lifecycle.js';

/** Who moves a grant, in which role, and why; `detail` is for the ledger alone. */
export type GrantBy = {
  actor: string;
  role: string;
  reason?: string | null;
  detail?: Record<string, unknown>;
};

/** What each move is called on the timeline, on the ledger, and to those who are told of it. */
const TOLD: Record<GrantEvent, GovernanceEventType> = {
  request: 'grant.requested',
  approve: 'grant.approved',
  refuse: 'grant.refused',
  changes: 'grant.changes-requested',
  revise: 'grant.revised',
  withdraw: 'grant.withdrawn',
  activate: 'grant.activated',
  suspend: 'grant.suspended',
  renew: 'grant.renewed',
  expire: 'grant.expired',
  revoke: 'grant.revoked',
};

/** The one place where a grant changes its state: by the table of moves, on its timeline, on the ledger, and told. */
@Injectable()
export class GrantLifecycle {
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;

  constructor(ledger: Ledger, outbox: Outbox) {
    this.#ledger = ledger;
    this.#outbox = outbox;
  }

  /** Moves the grant in the caller's transaction, which must hold its row. Throws MESH-3506. */
  async move(
    em: EntityManager,
    grant: GrantEntity,
    event: GrantEvent,
    by: GrantBy,
    values: Partial<GrantEntity> = {},
  ): Promise<void> {
    const before = grant.state;
    const next = grantMoveOf(before, event);
    if (!next) throw problem(grantErrors.illegalGrantMove, openGrantMoves(grant.state));
    const suspendedAs = next === 'suspended' ? by.role : null;
    Object.assign(grant, values, { state: next, suspendedAs });
    await em.save(GrantEntity, grant);
    await this.announce(em, grant, event, by);
    await this.#noteAccess(em, grant, before, by);
  }

  // What the broker was told to permit, or is told to take away, because of the move.
  async #noteAccess(em: EntityManager, grant: GrantEntity, before: GrantState, by: GrantBy) {
    const isActive = grant.state === 'active';
    if (isActive === (before === 'active')) return;
    const { actor, role, detail = {} } = by;
    await this.#ledger.record(em, {
      actor,
      role,
      action: isActive ? 'access.permitted' : 'access.withdrawn',
      object: `grant:${grant.id}`,
      detail: { ...detail, principal: names.grantPrincipal(grant.id) },
    });
  }

  /** Writes down and tells a move that has been made; `move` does both by itself. */
  async announce(em: EntityManager, grant: GrantEntity, event: GrantEvent, by: GrantBy) {
    const type = TOLD[event];
    await this.note(em, grant, type, by);
    const { state, kind, organisation, purpose } = grant;
    const data = { state, kind, organisation, purpose };
    await this.#outbox.tell(em, { type, subject: `grant:${grant.id}`, data });
  }

  /** Writes something about the grant that is no move on its timeline and on the ledger. */
  async note(em: EntityManager, grant: GrantEntity, action: string, by: GrantBy): Promise<void> {
    const { actor, role, reason = null, detail = {} } = by;
    await em.insert(GrantEventEntity, {
      grantId: grant.id,
      at: new Date(),
      event: action.replace(/^grant\./, ''),
      actor,
      role,
      reason,
    });
    const demonstration = grant.demonstration ? { demonstration: true } : {};
    await this.#ledger.record(em, {
      actor,
      role,
      action,
      object: `grant:${grant.id}`,
      detail: { ...(reason ? { reason } : {}), ...demonstration, ...detail },
    });
  }
}
