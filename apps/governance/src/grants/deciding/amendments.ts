import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Store } from '../../database/store.js';
import { grantErrors } from '../../errors.js';
import { Outbox } from '../../events/outbox.js';
import { RequestReader } from '../asking/filling.js';
import { incomplete } from '../asking/incomplete.js';
import { GrantRequests, own } from '../asking/requests.js';
import type { GrantEntity } from '../grant.entity.js';
import { openGrantMoves } from '../lifecycle.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import { requestBody } from '../shapes.js';
import type { AmendmentBody, DraftBody, RequestBody } from '../shapes.js';
import { extensionDetail } from './extensions.js';
import { changedParts, isExtension, merged, renewedTerms } from './amended.js';

const AMENDABLE: readonly GrantEntity['state'][] = ['approved', 'active'];

/**
 * What is to be otherwise is asked and decided as a grant is. A later end alone is decided on the grant itself, which
 * keeps its view and credentials; anything else makes a grant of its own, with its own view, that takes the place of this one.
 */
@Injectable()
export class Amendments {
  readonly #store: Store;
  readonly #requests: GrantRequests;
  readonly #reader: RequestReader;
  readonly #lifecycle: GrantLifecycle;
  readonly #outbox: Outbox;

  constructor(
    store: Store,
    requests: GrantRequests,
    reader: RequestReader,
    lifecycle: GrantLifecycle,
    outbox: Outbox,
  ) {
    this.#store = store;
    this.#requests = requests;
    this.#reader = reader;
    this.#lifecycle = lifecycle;
    this.#outbox = outbox;
  }

  /** Answers the id of the grant that is decided. Throws MESH-3501, MESH-3509, MESH-3506, MESH-3521, MESH-3502. */
  async ask(caller: Caller, id: string, given: AmendmentBody): Promise<string> {
    const wanted = await this.#store.transaction(async (em) => {
      const { grant, products } = await own(em, caller, id);
      const isOpen = AMENDABLE.includes(grant.state) && grant.breakGlass === null;
      if (!isOpen) throw problem(grantErrors.illegalGrantMove, openGrantMoves(grant.state));
      // Its end may have come nearer since: another grant that takes its place ends it soon.
      const asked = { ...(grant.asked ?? askedOf(grant, products)), until: grant.until };
      const before = readAgain({ ...asked, reason: given.reason });
      const after = merged(before, given);
      const changed = changedParts(before, after);
      if (changed.length === 0) throw problem(grantErrors.nothingAmended);
      if (!isExtension(changed)) return after;
      await this.#extend(em, caller, grant, after, changed);
      return null;
    });
    return wanted === null ? id : this.#requests.request(caller, wanted, id);
  }

  async #extend(
    em: EntityManager,
    caller: Caller,
    grant: GrantEntity,
    after: RequestBody,
    changed: readonly string[],
  ) {
    if (grant.extension) throw problem(grantErrors.extensionOpen);
    // From its own beginning on, said or not: several later ends do not last longer together than one may.
    const whole = { ...after, from: after.from ?? grant.from };
    const { endsAt, terms: read } = await this.#reader.read(em, caller, whole);
    const { until, reason } = after;
    const askedAt = new Date().toISOString();
    const today = askedAt.slice(0, 10);
    const terms = renewedTerms(changed, { held: grant.terms, read, today });
    grant.extension = {
      ...{ until, endsAt: endsAt.toISOString(), terms, reason, askedAt },
      ...{ askedBy: caller.sub, team: caller.team },
      steps: grant.steps.map(({ role }) => ({ role, by: null, at: null })),
    };
    await em.save(grant);
    const detail = extensionDetail(grant.extension);
    const by = { actor: caller.sub, role: 'requester', reason, detail };
    await this.#lifecycle.note(em, grant, 'grant.extension-asked', by);
    await this.#outbox.tell(em, {
      type: 'grant.extension-asked',
      subject: `grant:${grant.id}`,
      data: { until, organisation: grant.organisation },
    });
  }
}

/** A request that was kept, by today's rules: what these refuse of it is asked for in a request of its own. */
function readAgain(asked: DraftBody): RequestBody {
  const parsed = requestBody.safeParse(asked);
  if (parsed.success) return parsed.data;
  throw problem(grantErrors.requestIncomplete, undefined, incomplete(parsed.error, asked));
}

/** What was asked, of a grant made before that was kept. */
function askedOf(
  grant: GrantEntity,
  products: readonly { product: string; major: number; fields: string[] }[],
) {
  const { purpose, legalBasis, organisation, consumer, from, until, reason, kind } = grant;
  const each = products.map(({ product, major, fields }) => ({
    ...{ product, major },
    ...(kind === 'view' && { fields }),
  }));
  return {
    ...{ purpose, legalBasis, organisation, consumer, from, until, reason },
    products: each,
  };
}
