import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { grantQuota } from '../../broker/quota-plan.js';
import { newId } from '../../database/ids.js';
import { Store, insert } from '../../database/store.js';
import { grantErrors } from '../../errors.js';
import { Outbox } from '../../events/outbox.js';
import { SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';
import { RequestReader, fill, grantValues } from '../asking/filling.js';
import { GrantEntity } from '../grant.entity.js';
import { fault } from '../fault.js';
import { Granter } from '../granter.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import { requestBody } from '../shapes.js';
import type { BreakGlassBody } from './shapes.js';

const HOUR_MS = 3_600_000;
const LEGAL_BASIS = '6(1)(e)/9(2)(h)/direct-care';

/** Emergency access for the care of individuals: at once on a named role's own word, short, and looked at afterwards. */
@Injectable()
export class BreakGlass {
  readonly #roles: readonly string[];

  constructor(
    private readonly store: Store,
    private readonly reader: RequestReader,
    private readonly lifecycle: GrantLifecycle,
    private readonly granter: Granter,
    private readonly outbox: Outbox,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.#roles = settings.breakGlassRoles.split(',');
  }

  /**
   * Answers the id of a grant that is approved already and active in seconds. Throws MESH-3530 (role), MESH-3531
   * (another purpose), MESH-3502 (hours, or product, organisation or period as for any grant of individual care).
   */
  async take(caller: Caller, given: BreakGlassBody): Promise<string> {
    const role = this.#roles.find((one) => caller.roles.includes(one));
    if (!role) throw problem(grantErrors.breakGlassRole, `Needed: ${this.#roles.join(', ')}`);
    if (given.purpose !== 'individual-care') throw problem(grantErrors.breakGlassPurpose);
    const hours = hoursOf(given, this.settings.breakGlassHours);
    const id = await this.store.transaction((em) => this.#insert(em, caller, role, given, hours));
    this.granter.wake();
    return id;
  }

  async #insert(
    em: EntityManager,
    caller: Caller,
    role: string,
    { product, major, products, reason }: BreakGlassBody,
    hours: number,
  ): Promise<string> {
    const now = new Date();
    const asked = requestBody.parse({
      ...(products ? { products } : { product, major }),
      ...{ purpose: 'individual-care', legalBasis: LEGAL_BASIS, fields: 'all', reason },
      ...{ organisation: caller.organisation ?? '000', from: now.toISOString() },
      until: new Date(now.getTime() + hours * HOUR_MS).toISOString(),
    });
    // Nobody writes an impact assessment beside somebody unconscious; the review asks what would have been asked.
    const reading = await this.reader.read(em, caller, asked, { demands: false });
    const reviewBy = new Date(now.getTime() + this.settings.breakGlassReviewHours * HOUR_MS);
    const breakGlass = { reviewBy: reviewBy.toISOString(), review: null };
    const grant = em.create(GrantEntity, {
      ...{ id: newId(), requestedBy: caller.sub, team: caller.team, createdAt: now, attempts: 0 },
      ...{ activatedAt: null, endedAt: null, nextAttemptAt: null, failure: null },
      ...{ quota: grantQuota(this.settings), amends: null, extension: null },
      ...grantValues(asked, reading),
      breakGlass,
      steps: [{ role, by: caller.sub, at: now.toISOString() }],
    });
    await insert(em, GrantEntity, grant);
    await fill(em, grant, reading);
    const detail = {
      products: reading.products,
      until: grant.until,
      reviewBy: breakGlass.reviewBy,
    };
    const by = { actor: caller.sub, role, reason, detail };
    await this.lifecycle.note(em, grant, 'grant.break-glass', by);
    await this.lifecycle.move(em, grant, 'approve', by);
    const data = { organisation: grant.organisation, until: grant.until, ...breakGlass };
    const subject = `grant:${grant.id}`;
    await this.outbox.tell(em, { type: 'grant.break-glass', subject, data });
    return grant.id;
  }
}

// Not cut silently: who asks for a night and is cut off in it should have known.
function hoursOf({ hours }: BreakGlassBody, longest: number): number {
  if (hours === undefined || hours <= longest) return hours ?? longest;
  const message = `Emergency access lasts at most ${longest} hours.`;
  throw problem(grantErrors.requestInvalid, undefined, [
    fault(grantErrors.fieldHours, '$.hours', message),
  ]);
}
