import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Covers } from '../../cover/covers.js';
import { Store } from '../../database/store.js';
import { grantErrors } from '../../errors.js';
import { Outbox } from '../../events/outbox.js';
import { fault } from '../fault.js';
import { GrantEnding } from '../grant-ending.js';
import type { GrantEntity } from '../grant.entity.js';
import { grantableOf, lockGrant } from '../grant-store.js';
import { LIVE_STATES } from '../lifecycle.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import type { GrantBy } from '../lifecycle.service.js';
import { grantRoleOf, grantRuling, maySee } from '../rules.js';
import type { ReviewBody } from './shapes.js';

const GUARDIAN = 'caldicott-guardian';

/** Looking back at access: at every emergency, and at other grants from their review date on. */
@Injectable()
export class GrantReviews {
  readonly #store: Store;
  readonly #covers: Covers;
  readonly #lifecycle: GrantLifecycle;
  readonly #ending: GrantEnding;
  readonly #outbox: Outbox;

  constructor(
    store: Store,
    covers: Covers,
    lifecycle: GrantLifecycle,
    ending: GrantEnding,
    outbox: Outbox,
  ) {
    this.#store = store;
    this.#covers = covers;
    this.#lifecycle = lifecycle;
    this.#ending = ending;
    this.#outbox = outbox;
  }

  /**
   * Writes down what was found; access that was not justified ends. Emergencies are the Caldicott guardian's to review,
   * other grants those of who may suspend them; nobody reviews their own. Throws MESH-3501, MESH-3503, MESH-3504, MESH-3532, MESH-3502.
   */
  async review(caller: Caller, id: string, given: ReviewBody): Promise<void> {
    const isRevoked = await this.#store.transaction((em) => this.#in(em, caller, id, given));
    if (isRevoked) await this.#ending.enforce(id);
  }

  async #in(em: EntityManager, caller: Caller, id: string, given: ReviewBody): Promise<boolean> {
    const { grant, products } = await lockGrant(em, id);
    const about = grantableOf(grant, products);
    const person = await this.#covers.standingInFor(em, caller, [about.requester]);
    if (!maySee(person, about)) throw problem(grantErrors.grantNotFound);
    const isGuardian = person.kind === 'user' && person.roles.includes(GUARDIAN);
    if (grant.breakGlass && !isGuardian) throw problem(grantErrors.notYourGrant, GUARDIAN);
    // The rule of giving access back: an independent one of those who may take it away.
    const found = grantRoleOf(grantRuling(person, about, 'review')).role;
    const role = grant.breakGlass ? GUARDIAN : found;
    if (!isOpen(grant)) throw problem(grantErrors.nothingToReview);
    const { outcome, reason, reviewOn } = given;
    const by: GrantBy = { actor: caller.sub, role, reason, detail: { outcome } };
    const at = new Date().toISOString();
    if (grant.breakGlass) {
      const review = { outcome, by: caller.sub, at, reason };
      grant.breakGlass = { ...grant.breakGlass, review };
    } else {
      heedNext(grant, given);
      grant.terms = withNext(grant, reviewOn);
    }
    await em.save(grant);
    await this.#lifecycle.note(em, grant, 'grant.reviewed', by);
    const data = { outcome, organisation: grant.organisation };
    await this.#outbox.tell(em, { type: 'grant.reviewed', subject: `grant:${id}`, data });
    if (outcome === 'justified' || grant.endedAt !== null) return false;
    await this.#ending.end(em, grant, 'revoke', by);
    return true;
  }
}

function isOpen({ breakGlass, terms, state }: GrantEntity): boolean {
  if (breakGlass) return breakGlass.review === null;
  return LIVE_STATES.includes(state) && terms.reviewOn !== undefined && terms.reviewOn <= today();
}

/** The next review lies ahead, and before the end: on any other day it would be due at once, or never. */
function heedNext({ endsAt }: GrantEntity, { reviewOn }: ReviewBody): void {
  if (reviewOn === undefined) return;
  if (reviewOn > today() && new Date(`${reviewOn}T00:00:00Z`) < endsAt) return;
  const message = 'The next review is not between tomorrow and the last day of the grant.';
  const error = fault(grantErrors.fieldReview, '$.reviewOn', message);
  throw problem(grantErrors.requestInvalid, undefined, [error]);
}

function withNext({ terms }: GrantEntity, reviewOn: string | undefined) {
  const { reviewOn: _, ...rest } = terms;
  return reviewOn === undefined ? rest : { ...rest, reviewOn };
}

const today = () => new Date().toISOString().slice(0, 10);
