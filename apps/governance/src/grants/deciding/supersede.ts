import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Outbox } from '../../events/outbox.js';
import { SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';
import type { GrantEntity } from '../grant.entity.js';
import { lockGrant } from '../grant-store.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import type { GrantBy } from '../lifecycle.service.js';

const HOUR_MS = 3_600_000;

/** Gives the grant that an amendment takes the place of its end: soon, so that its reader can change over, but no later. */
@Injectable()
export class Supersede {
  readonly #lifecycle: GrantLifecycle;
  readonly #outbox: Outbox;
  readonly #overlapMs: number;

  constructor(lifecycle: GrantLifecycle, outbox: Outbox, @Inject(SETTINGS) settings: Settings) {
    this.#lifecycle = lifecycle;
    this.#outbox = outbox;
    this.#overlapMs = settings.amendmentOverlapHours * HOUR_MS;
  }

  /** In the transaction in which the amendment becomes active; nothing if it amends none, or one that ended. */
  async supersede(em: EntityManager, { id, amends }: GrantEntity, by: GrantBy): Promise<void> {
    if (amends === null) return;
    const { grant } = await lockGrant(em, amends);
    if (grant.endedAt !== null) return;
    const soon = new Date(Date.now() + this.#overlapMs);
    const endsAt = soon < grant.endsAt ? soon : grant.endsAt;
    Object.assign(grant, { endsAt, until: endsAt.toISOString(), extension: null });
    await em.save(grant);
    const reason = `Amended by grant ${id}: change over to it before ${grant.until}.`;
    const detail = { amendedBy: id, until: grant.until };
    await this.#lifecycle.note(em, grant, 'grant.amended', { ...by, reason, detail });
    await this.#outbox.tell(em, {
      type: 'grant.amended',
      subject: `grant:${grant.id}`,
      data: { ...detail, organisation: grant.organisation },
    });
  }
}
