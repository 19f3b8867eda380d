import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { Covers } from '../cover/covers.js';
import type { StandingIn } from '../cover/covers.js';
import { Store } from '../database/store.js';
import { grantErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { Organisations } from '../organisations/organisations.js';
import type { NamedOrganisation } from '../organisations/organisations.js';
import { Extensions } from './deciding/extensions.js';
import { basesThatDiffer } from './asking/legal-basis.js';
import type { ContractBasis } from './asking/legal-basis.js';
import { basesOf, contractBases } from './contract-bases.js';
import { GrantStore, grantableOf, lockGrant } from './grant-store.js';
import { LIVE_STATES, isOneOf } from './lifecycle.js';
import { GrantLifecycle } from './lifecycle.service.js';
import { grantRuling, maySee, partTakersOf, stepping } from './rules.js';
import type { GrantQuery } from './shapes.js';
import { retiredAmong } from './retired-majors.js';
import type { IsRetired } from './retired-majors.js';
import { showGrant } from './show.js';
import type { WholeGrant } from './show.js';

/** Reviews that wait: of emergency access that nobody has looked at, and of other grants from their review day on. */
const REVIEWS = {
  open: `g.break_glass IS NOT NULL AND g.break_glass->'review' = 'null'::jsonb`,
  due: `g.break_glass IS NULL AND ${isOneOf('g.state', LIVE_STATES)} AND g.terms->>'reviewOn' <= :today`,
};

/** What somebody has to decide: a request, or a later end of a grant that stands. */
const WAITING = `(g.state = 'requested' OR (g.extension IS NOT NULL AND g.state IN ('approved', 'active')))`;

/** Reading grants, and taking a request back. Who may see a grant is in the rules; to everybody else it does not exist. */
@Injectable()
export class Grants {
  readonly #store: Store;
  readonly #grants: GrantStore;
  readonly #lifecycle: GrantLifecycle;
  readonly #covers: Covers;
  readonly #extensions: Extensions;
  readonly #organisations: Organisations;

  constructor(
    store: Store,
    grants: GrantStore,
    lifecycle: GrantLifecycle,
    covers: Covers,
    extensions: Extensions,
    organisations: Organisations,
  ) {
    this.#store = store;
    this.#grants = grants;
    this.#lifecycle = lifecycle;
    this.#covers = covers;
    this.#extensions = extensions;
    this.#organisations = organisations;
  }

  /** One page of the grants the caller may see, newest first. */
  async list(caller: Caller, query: GrantQuery) {
    const position = positionOf(query.cursor, 'time', 'text');
    const standingIn = await this.#covers.coversOf(this.#store.reader, caller);
    const search = this.#grants.visibleTo(standingIn([]));
    if (query.state) search.andWhere('g.state = :state', query);
    if (query.kind) search.andWhere('g.kind = :kind', query);
    if (query.purpose) search.andWhere('g.purpose = :purpose', query);
    const today = new Date().toISOString().slice(0, 10);
    if (query.review) search.andWhere(REVIEWS[query.review], { today });
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
    const grants = await this.#grants.complete(rows);
    const about = await this.#about(grants);
    return pageOf(
      grants,
      query.limit,
      ({ grant }) => [grant.createdAt.toISOString(), grant.id],
      (whole) => shownTo(standingIn, whole, about),
    );
  }

  /** One grant. Throws MESH-3501 if there is none the caller may see. */
  async show(caller: Caller, id: string) {
    const whole = await this.#grants.find(id);
    const standingIn = await this.#covers.coversOf(this.#store.reader, caller);
    if (!whole || !maySee(standingIn([]), grantableOf(whole.grant, whole.products))) {
      throw problem(grantErrors.grantNotFound);
    }
    return shownTo(standingIn, whole, await this.#about([whole]));
  }

  async #about(grants: readonly WholeGrant[]): Promise<About> {
    const products = grants.flatMap((one) => one.products.map(({ product }) => product));
    return {
      bases: await contractBases(this.#store.reader, grants),
      isRetired: await retiredAmong(this.#store.reader, products),
      named: await this.#organisations.namesOf(grants.flatMap(codesOf)),
    };
  }

  /** The requester takes a request back, or the later end of a grant that goes on without it. Throws MESH-3501, MESH-3506, MESH-3509. */
  async withdraw(caller: Caller, id: string, reason: string) {
    const shown = await this.show(caller, id);
    if (shown.requestedBy !== caller.sub) throw problem(grantErrors.requesterOnly);
    await this.#store.transaction(async (em) => {
      const { grant } = await lockGrant(em, id);
      const by = { actor: caller.sub, role: 'requester', reason };
      if (grant.extension) return this.#extensions.close(em, grant, 'withdraw', by);
      await this.#lifecycle.move(em, grant, 'withdraw', by, { endedAt: new Date() });
    });
    return this.show(caller, id);
  }
}

/** What is told of grants that stands elsewhere: in contracts, with their products' majors, and in the register of organisations. */
type About = {
  bases: readonly ContractBasis[];
  isRetired: IsRetired;
  named: readonly NamedOrganisation[];
};

/** Every organisation a grant names: whose it is, and of whom its people are. */
const codesOf = ({ grant: { organisation, terms } }: WholeGrant): string[] => [
  organisation,
  ...(terms.narrowedTo?.organisations ?? []),
];

/** A grant as somebody is shown it: with the role in which they, or whom they stand in for, may take its next decision. */
function shownTo(standingIn: StandingIn, whole: WholeGrant, { bases, isRetired, named }: About) {
  const about = grantableOf(whole.grant, whole.products);
  const moment = stepping(about);
  const ruling = grantRuling(standingIn(partTakersOf(moment)), moment, 'approve');
  const differs = basesThatDiffer(whole.grant, basesOf(whole, bases));
  return {
    ...showGrant(whole, isRetired),
    organisations: named.filter(({ ods }) => codesOf(whole).includes(ods)),
    ...(differs.length > 0 && { legalBasisDiffers: differs }),
    mayDecide: 'role' in ruling ? [ruling.role] : [],
  };
}
