import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { CredentialEntity } from '../../credentials/credential.entity.js';
import { Outbox } from '../../events/outbox.js';
import { IdentityClients } from '../../identity/identity-clients.js';
import type { GrantEntity, GrantExtension } from '../grant.entity.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import type { GrantBy } from '../lifecycle.service.js';

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

  /** Takes one step's decision, in the caller's transaction. Throws MESH-3019: then nothing is decided. */
  async decide(
    em: EntityManager,
    grant: GrantEntity,
    step: number,
    isApproved: boolean,
    by: GrantBy,
  ): Promise<void> {
    const { extension } = grant;
    if (!extension) return;
    if (!isApproved) return this.#refuse(em, grant, extension, by);
    const at = new Date().toISOString();
    const steps = extension.steps.map((one, index) =>
      index === step ? { ...one, by: by.actor, at } : one,
    );
    const isWhole = steps.every((one) => one.by !== null);
    if (isWhole) return this.#extend(em, grant, extension, by);
    grant.extension = { ...extension, steps };
    await em.save(grant);
    await this.#lifecycle.note(em, grant, 'grant.extension-approved-in-part', by);
  }

  async #refuse(em: EntityManager, grant: GrantEntity, { until }: GrantExtension, by: GrantBy) {
    grant.extension = null;
    await em.save(grant);
    await this.#told(em, grant, 'grant.extension-refused', until, by);
  }

  async #extend(em: EntityManager, grant: GrantEntity, asked: GrantExtension, by: GrantBy) {
    const endsAt = new Date(asked.endsAt);
    Object.assign(grant, { until: asked.until, endsAt, extension: null });
    if (grant.asked) grant.asked = { ...grant.asked, until: asked.until };
    await em.save(grant);
    await this.#told(em, grant, 'grant.extended', asked.until, by);
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
    type: 'grant.extended' | 'grant.extension-refused',
    until: string,
    by: GrantBy,
  ): Promise<void> {
    await this.#lifecycle.note(em, grant, type, { ...by, detail: { ...by.detail, until } });
    const data = { until, organisation: grant.organisation };
    await this.#outbox.tell(em, { type, subject: `grant:${grant.id}`, data });
  }
}
