import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Covers } from '../cover/covers.js';
import { Store } from '../database/store.js';
import { governanceErrors, grantErrors } from '../errors.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { Granter } from './granter.js';
import { GrantEnding } from './grant-ending.js';
import type { GrantEntity } from './grant.entity.js';
import { grantableOf, lockGrant } from './grant-store.js';
import { GrantLifecycle } from './lifecycle.service.js';
import type { GrantBy } from './lifecycle.service.js';
import {
  grantRoleOf,
  grantRuling,
  isStepDecision,
  maySee,
  partTakersOf,
  stepping,
} from './rules.js';
import { attach, attachedBy } from './deciding/attached.js';
import { Extensions } from './deciding/extensions.js';
import { restOnAgreement } from './ground-rules/in-force.js';
import type { GrantDecisionBody } from './shapes.js';

/** Decisions on grants: step by step towards access, and at once away from it. */
@Injectable()
export class GrantDecisions {
  readonly #store: Store;
  readonly #lifecycle: GrantLifecycle;
  readonly #granter: Granter;
  readonly #ending: GrantEnding;
  readonly #covers: Covers;
  readonly #extensions: Extensions;
  readonly #mode: Settings['mode'];

  constructor(
    store: Store,
    lifecycle: GrantLifecycle,
    granter: Granter,
    ending: GrantEnding,
    covers: Covers,
    extensions: Extensions,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#granter = granter;
    this.#ending = ending;
    this.#covers = covers;
    this.#extensions = extensions;
    this.#mode = settings.mode;
  }

  /**
   * Decides. What takes access away has reached broker and identity provider when this returns, or is being
   * tried again. Throws MESH-3020 for a demonstration in production, MESH-3501, MESH-3503, MESH-3504, MESH-3505,
   * MESH-3506 and MESH-3720 as the rules say, and MESH-3722 where the agreement that it would rest on holds no more.
   */
  async decide(caller: Caller, id: string, given: GrantDecisionBody): Promise<void> {
    if (given.demonstration && this.#mode === 'production') {
      throw problem(governanceErrors.demonstrationRefused);
    }
    const { state } = await this.#store.transaction((em) => this.#decideIn(em, caller, id, given));
    if (state === 'revoked' || state === 'suspended') await this.#ending.enforce(id);
    if (state === 'approved') this.#granter.wake();
  }

  async #decideIn(
    em: EntityManager,
    caller: Caller,
    id: string,
    { decision, reason, quota, conditions = [], demonstration }: GrantDecisionBody,
  ): Promise<GrantEntity> {
    const { grant, products } = await lockGrant(em, id);
    const about = grantableOf(grant, products);
    const standingIn = await this.#covers.coversOf(em, caller);
    if (!maySee(standingIn([]), about)) throw problem(grantErrors.grantNotFound);
    const moment = isStepDecision(decision) ? stepping(about) : about;
    const person = standingIn(partTakersOf(moment));
    const { role, step } = grantRoleOf(grantRuling(person, moment, decision));
    const isApproval = decision === 'approve' && step !== null;
    const attached = isApproval ? attachedBy({ by: caller.sub, role }, { conditions, quota }) : {};
    const detail = {
      ...(demonstration && { demonstration }),
      ...(attached.quota && { quota }),
      ...(attached.conditions && { conditions }),
    };
    const by: GrantBy = { actor: caller.sub, role, reason, detail };
    if (moment !== about && step !== null && isStepDecision(decision)) {
      await this.#extensions.decide(em, grant, { step, decision, attached }, by);
    } else if (isApproval) {
      attach(grant, attached);
      await this.#approve(em, grant, step, by);
    } else if (decision === 'revoke') await this.#ending.end(em, grant, 'revoke', by);
    else await this.#otherwise(em, grant, decision, by);
    return grant;
  }

  async #approve(em: EntityManager, grant: GrantEntity, step: number, by: GrantBy): Promise<void> {
    grant.steps = grant.steps.map((one, at) =>
      at === step ? { ...one, by: by.actor, at: new Date().toISOString() } : one,
    );
    if (grant.steps.every((one) => one.by !== null)) {
      const rests = await restOnAgreement(em, grant, grant.endsAt);
      const detail = { ...by.detail, ...rests };
      return this.#lifecycle.move(em, grant, 'approve', { ...by, detail });
    }
    await em.save(grant);
    await this.#lifecycle.note(em, grant, 'grant.approved-in-part', by);
  }

  async #otherwise(
    em: EntityManager,
    grant: GrantEntity,
    decision: Exclude<GrantDecisionBody['decision'], 'revoke'>,
    by: GrantBy,
  ): Promise<void> {
    // One that ends before the grant does is enough to go on under: with it the grant is suspended again.
    const rests = decision === 'renew' ? await restOnAgreement(em, grant, new Date()) : {};
    const values = decision === 'changes' ? undecided(grant) : {};
    const detail = { ...by.detail, ...rests };
    await this.#lifecycle.move(em, grant, decision, { ...by, detail }, values);
  }
}

// Asked anew, every step is decided anew: what an earlier decider said was about another request.
function undecided({ steps, terms }: GrantEntity): Partial<GrantEntity> {
  const { conditions: _, ...rest } = terms;
  return { steps: steps.map(({ role }) => ({ role, by: null, at: null })), terms: rest };
}
