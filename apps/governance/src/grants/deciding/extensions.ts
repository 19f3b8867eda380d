import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { CredentialEntity } from '../../credentials/credential.entity.js';
import { Outbox } from '../../events/outbox.js';
import { IdentityClients } from '../../identity/identity-clients.js';
import type { GrantEntity, GrantExtension } from '../grant.entity.js';
import { restOnAgreement } from '../ground-rules/in-force.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import type { GrantBy } from '../lifecycle.service.js';
import type { StepDecision } from '../rules.js';
import { attach, attachedTo } from './attached.js';
import type { Attached } from './attached.js';

/** How a later end comes to nothing, as it is told. The grant goes on as it was, and another may be asked for. */
const CLOSED = {
  refuse: 'grant.extension-refused',
  changes: 'grant.extension-changes-requested',
  withdraw: 'grant.extension-withdrawn',
} as const;
type Closing = keyof typeof CLOSED;

/** One step's decision on a later end. */
type Given = { step: number; decision: StepDecision; attached: Attached };

/** What the ledger keeps of a later end: the day, and the terms that come with it. */
export function extensionDetail({ until, terms = {} }: GrantExtension) {
  return { until, ...(Object.keys(terms).length > 0 && { terms }) };
}

/** Deciding a later end of a grant that reads on meanwhile: step by step, as the grant itself was decided. */
@Injectable()
export class Extensions {
  readonly #lifecycle: GrantLifecycle;
  readonly #identity: IdentityClients;
  readonly #outbox: Outbox;

  constructor(lifecycle: GrantLifecycle, identity: IdentityClients, outbox: Outbox) {
    this.#lifecycle = lifecycle;
    this.#identity = identity;
    this.#outbox = outbox;
  }

  /**
   * Takes one step's decision, in the caller's transaction. Throws MESH-3722 (no agreement reaches to the later end) and
   * MESH-3019: then nothing is decided.
   */
  async decide(em: EntityManager, grant: GrantEntity, given: Given, by: GrantBy): Promise<void> {
    const { extension } = grant;
    if (!extension) return;
    const { decision } = given;
    if (decision !== 'approve') return this.close(em, grant, decision, by);
    const at = new Date().toISOString();
    const steps = extension.steps.map((one, index) =>
      index === given.step ? { ...one, by: by.actor, at } : one,
    );
    const decided = { ...extension, steps, ...attachedTo(extension, given.attached) };
    const isWhole = steps.every((one) => one.by !== null);
    if (isWhole) return this.#extend(em, grant, decided, by);
    grant.extension = decided;
    await em.save(grant);
    await this.#lifecycle.note(em, grant, 'grant.extension-approved-in-part', by);
  }

  /** Ends the asking: refused, to be asked for otherwise, or taken back by who asked. */
  async close(em: EntityManager, grant: GrantEntity, how: Closing, by: GrantBy): Promise<void> {
    const { extension } = grant;
    if (!extension) return;
    grant.extension = null;
    await em.save(grant);
    await this.#told(em, grant, CLOSED[how], extension, by);
  }

  async #extend(em: EntityManager, grant: GrantEntity, asked: GrantExtension, by: GrantBy) {
    const endsAt = new Date(asked.endsAt);
    const { until, terms } = asked;
    // In what was asked too: the next amendment is measured by what holds from now on.
    if (grant.asked) grant.asked = { ...grant.asked, until, ...terms };
    grant.terms = { ...grant.terms, ...terms };
    attach(grant, asked);
    const rests = await restOnAgreement(em, grant, endsAt);
    Object.assign(grant, { until, endsAt, extension: null });
    await em.save(grant);
    const detail = { ...by.detail, ...rests };
    await this.#told(em, grant, 'grant.extended', asked, { ...by, detail });
    const live = { grantId: grant.id, endedAt: IsNull() };
    await em.update(CredentialEntity, live, { expires: endsAt });
    // Last before the commit: what the identity provider was told too early is still ended with the grant.
    for (const { clientId } of await em.findBy(CredentialEntity, live)) {
      await this.#identity.extend(clientId, endsAt);
    }
  }

  async #told(
    em: EntityManager,
    grant: GrantEntity,
    type: 'grant.extended' | (typeof CLOSED)[Closing],
    asked: GrantExtension,
    by: GrantBy,
  ): Promise<void> {
    const detail = { ...by.detail, ...extensionDetail(asked) };
    await this.#lifecycle.note(em, grant, type, { ...by, detail });
    const data = { until: asked.until, organisation: grant.organisation };
    await this.#outbox.tell(em, { type, subject: `grant:${grant.id}`, data });
  }
}
