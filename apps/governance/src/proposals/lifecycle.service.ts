import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { governanceErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import type { GovernanceEventType } from '../events/outbox.js';
import { Ledger } from '../ledger/ledger.js';
import { moveOf, openMoves } from './lifecycle.js';
import type { ProposalEvent } from './lifecycle.js';
import { ProposalEntity } from './proposal.entity.js';

/** Who moves a version, in which role, and what the ledger is to keep of it. */
export type By = { actor: string; role: string; detail?: Record<string, unknown> };

/** What each move is called on the ledger, and to those who are told of it. */
const TOLD: Record<ProposalEvent, { action: string; event?: GovernanceEventType }> = {
  propose: { action: 'proposal.proposed', event: 'proposal.proposed' },
  approve: { action: 'proposal.approved', event: 'proposal.approved' },
  refuse: { action: 'proposal.refused', event: 'proposal.refused' },
  changes: { action: 'proposal.changes-requested', event: 'proposal.changes-requested' },
  withdraw: { action: 'proposal.withdrawn', event: 'proposal.withdrawn' },
  supersede: { action: 'proposal.superseded' },
  'carry-out': { action: 'version.registering' },
  publish: { action: 'version.published', event: 'version.published' },
  fail: { action: 'version.failed', event: 'version.failed' },
  retry: { action: 'version.retried' },
  deprecate: { action: 'version.deprecated', event: 'version.deprecated' },
  retire: { action: 'version.retired', event: 'version.retired' },
};

/** The one place where a version changes its state: by the table of moves, on the ledger, and told. */
@Injectable()
export class Lifecycle {
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;

  constructor(ledger: Ledger, outbox: Outbox) {
    this.#ledger = ledger;
    this.#outbox = outbox;
  }

  /**
   * Moves the proposal in the caller's transaction, which must hold its row. `values` are set with it.
   * Throws MESH-3007 if the table has no such move.
   */
  async move(
    em: EntityManager,
    proposal: ProposalEntity,
    event: ProposalEvent,
    by: By,
    values: Partial<ProposalEntity> = {},
  ): Promise<void> {
    const next = moveOf(proposal.state, event);
    if (!next) throw problem(governanceErrors.illegalMove, openMoves(proposal.state));
    Object.assign(proposal, values, { state: next, updatedAt: new Date() });
    await em.save(ProposalEntity, proposal);
    await this.announce(em, proposal, event, by);
  }

  /** Writes down and tells a move that has been made; `move` does both by itself. */
  async announce(em: EntityManager, proposal: ProposalEntity, event: ProposalEvent, by: By) {
    const { action, event: type } = TOLD[event];
    await this.note(em, proposal, action, by);
    if (!type) return;
    const data = summaryOf(proposal);
    await this.#outbox.tell(em, { type, subject: `proposal:${proposal.id}`, data });
  }

  /** Writes down something about a version that is no move. */
  async note(em: EntityManager, proposal: ProposalEntity, action: string, by: By): Promise<void> {
    await this.#ledger.record(em, {
      actor: by.actor,
      role: by.role,
      action,
      object: `proposal:${proposal.id}`,
      detail: { ...summaryOf(proposal), ...by.detail },
    });
  }
}

function summaryOf(proposal: ProposalEntity): Record<string, unknown> {
  const { product, version, contentHash, demonstration } = proposal;
  return { product, version, contentHash, ...(demonstration ? { demonstration } : {}) };
}
