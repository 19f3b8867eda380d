import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { newId } from '../database/ids.js';
import { Store } from '../database/store.js';
import { Outbox } from '../events/outbox.js';
import { pageOf, positionOf } from '../http/page.js';
import { Ledger } from '../ledger/ledger.js';
import { visibleProposal } from '../proposals/proposals.js';
import { CommentEntity } from './comment.entity.js';
import { showComment } from './shapes.js';
import type { CommentBody, CommentQuery } from './shapes.js';

/** The conversation about a proposal, between everybody who may see it. */
@Injectable()
export class Comments {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;

  constructor(store: Store, ledger: Ledger, outbox: Outbox) {
    this.#store = store;
    this.#ledger = ledger;
    this.#outbox = outbox;
  }

  /** Adds a comment. The ledger keeps that it was made, not its words. Throws MESH-3001. */
  async add(caller: Caller, proposalId: string, { text, path }: CommentBody) {
    return this.#store.transaction(async (em) => {
      const { product, version, contentHash } = await visibleProposal(caller, em, proposalId);
      const at = new Date();
      const comment = { id: newId(), proposalId, author: caller.sub, path: path ?? null, text, at };
      await em.insert(CommentEntity, comment);
      const object = `proposal:${proposalId}`;
      const data = { product, version, contentHash, comment: comment.id };
      const by = { actor: caller.sub, role: 'commenter' };
      await this.#ledger.record(em, { ...by, action: 'proposal.commented', object, detail: data });
      await this.#outbox.tell(em, { type: 'proposal.commented', subject: object, data });
      return showComment(comment);
    });
  }

  /** One page of comments, oldest first. Throws MESH-3001. */
  async list(caller: Caller, proposalId: string, { limit, cursor }: CommentQuery) {
    const em = this.#store.reader;
    await visibleProposal(caller, em, proposalId);
    const position = positionOf(cursor, 'time', 'text');
    const rows = await em
      .createQueryBuilder(CommentEntity, 'c')
      .where('c.proposal_id = :proposalId', { proposalId })
      .andWhere(position ? '(c.at, c.id) > (:at::timestamptz, :id)' : 'true', {
        at: position?.[0],
        id: position?.[1],
      })
      .orderBy('c.at', 'ASC')
      .addOrderBy('c.id', 'ASC')
      .take(limit + 1)
      .getMany();
    return pageOf(rows, limit, (row) => [row.at.toISOString(), row.id], showComment);
  }
}
