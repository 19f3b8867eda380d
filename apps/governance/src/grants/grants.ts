import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { Covers } from '../cover/covers.js';
import type { StandingIn } from '../cover/covers.js';
import { Store } from '../database/store.js';
import { grantErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { GrantStore, grantableOf, lockGrant } from './grant-store.js';
import { GrantLifecycle } from './lifecycle.service.js';
import { grantRuling, maySee, stepping } from './rules.js';
import type { GrantQuery } from './shapes.js';
import { showGrant } from './show.js';
import type { WholeGrant } from './show.js';

/** Emergency access that nobody has looked at. */
const OPEN_REVIEW = `g.break_glass IS NOT NULL AND g.break_glass->'review' = 'null'::jsonb`;

/** What somebody has to decide: a request, or a later end of a grant that stands. */
const WAITING = `(g.state = 'requested' OR (g.extension IS NOT NULL AND g.state IN ('approved', 'active')))`;

/** Reading grants, and taking a request back. Who may see a grant is in the rules; to everybody else it does not exist. */
@Injectable()
export class Grants {
  readonly #store: Store;
  readonly #grants: GrantStore;
  readonly #lifecycle: GrantLifecycle;
  readonly #covers: Covers;

  constructor(store: Store, grants: GrantStore, lifecycle: GrantLifecycle, covers: Covers) {
    this.#store = store;
    this.#grants = grants;
    this.#lifecycle = lifecycle;
    this.#covers = covers;
  }

  /** One page of the grants the caller may see, newest first. */
  async list(caller: Caller, query: GrantQuery) {
    const position = positionOf(query.cursor, 2);
    const standingIn = await this.#covers.coversOf(this.#store.reader, caller);
    const search = this.#grants.visibleTo(standingIn([]));
    if (query.state) search.andWhere('g.state = :state', query);
    if (query.kind) search.andWhere('g.kind = :kind', query);
    if (query.purpose) search.andWhere('g.purpose = :purpose', query);
    if (query.review) search.andWhere(OPEN_REVIEW);
    if (query.waiting) search.andWhere(WAITING);
    if (query.amends) search.andWhere('g.amends = :amends', query);
    if (query.organisation) search.andWhere('g.organisation = :organisation', query);
    if (query.product) {
      search.andWhere(
        'EXISTS (SELECT 1 FROM grant_product p WHERE p.grant_id = g.id AND p.product = :product)',
        query,
      );
    }
    if (position) {
      const [at, id] = position;
      search.andWhere('(g.created_at, g.id) < (:at::timestamptz, :id)', { at, id });
    }
    const rows = await search
      .orderBy('g.created_at', 'DESC')
      .addOrderBy('g.id', 'DESC')
      .take(query.limit + 1)
      .getMany();
    return pageOf(
      await this.#grants.complete(rows),
      query.limit,
      ({ grant }) => [grant.createdAt.toISOString(), grant.id],
      (whole) => shownTo(standingIn, whole),
    );
  }

  /** One grant. Throws MESH-3501 if there is none the caller may see. */
  async show(caller: Caller, id: string) {
    const whole = await this.#grants.find(id);
    const standingIn = await this.#covers.coversOf(this.#store.reader, caller);
    if (!whole || !maySee(standingIn([]), grantableOf(whole.grant, whole.products))) {
      throw problem(grantErrors.grantNotFound);
    }
    return shownTo(standingIn, whole);
  }

  /** The requester takes a request back. Throws MESH-3501, MESH-3506, MESH-3509. */
  async withdraw(caller: Caller, id: string, reason: string) {
    const shown = await this.show(caller, id);
    if (shown.requestedBy !== caller.sub) throw problem(grantErrors.requesterOnly);
    await this.#store.transaction(async (em) => {
      const { grant } = await lockGrant(em, id);
      const by = { actor: caller.sub, role: 'requester', reason };
      await this.#lifecycle.move(em, grant, 'withdraw', by, { endedAt: new Date() });
    });
    return this.show(caller, id);
  }
}

/** A grant as somebody is shown it: with the role in which they, or whom they stand in for, may take its next decision. */
function shownTo(standingIn: StandingIn, whole: WholeGrant) {
  const about = grantableOf(whole.grant, whole.products);
  const ruling = grantRuling(standingIn([about.requester]), stepping(about), 'approve');
  return { ...showGrant(whole), mayDecide: 'role' in ruling ? [ruling.role] : [] };
}
