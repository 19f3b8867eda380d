import { isDeepStrictEqual } from 'node:util';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Store } from '../../database/store.js';
import { grantErrors } from '../../errors.js';
import { Outbox } from '../../events/outbox.js';
import { RequestReader } from '../asking/filling.js';
import { GrantRequests, own } from '../asking/requests.js';
import type { GrantEntity } from '../grant.entity.js';
import { openGrantMoves } from '../lifecycle.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import { requestBody } from '../shapes.js';
import type { AmendmentBody, RequestBody } from '../shapes.js';

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
      const before = requestBody.parse(grant.asked ?? askedOf(grant, products));
      const after = merged(before, given);
      const changed = changedParts(before, after);
      if (changed.length === 0) throw problem(grantErrors.nothingAmended);
      if (!isExtension(changed)) return after;
      await this.#extend(em, caller, grant, after);
      return null;
    });
    return wanted === null ? id : this.#requests.request(caller, wanted, id);
  }

  async #extend(em: EntityManager, caller: Caller, grant: GrantEntity, after: RequestBody) {
    if (grant.extension) throw problem(grantErrors.extensionOpen);
    const { endsAt } = await this.#reader.read(em, caller, after);
    const { until, reason } = after;
    grant.extension = {
      ...{ until, endsAt: endsAt.toISOString(), reason, askedBy: caller.sub },
      askedAt: new Date().toISOString(),
      steps: grant.steps.map(({ role }) => ({ role, by: null, at: null })),
    };
    await em.save(grant);
    const by = { actor: caller.sub, role: 'requester', reason, detail: { until } };
    await this.#lifecycle.note(em, grant, 'grant.extension-asked', by);
    await this.#outbox.tell(em, {
      type: 'grant.extension-asked',
      subject: `grant:${grant.id}`,
      data: { until, organisation: grant.organisation },
    });
  }
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

/** Fields that are changed are so for every product. */
function merged(before: RequestBody, given: AmendmentBody): RequestBody {
  const stated = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  const products = given.fields
    ? before.products?.map(({ fields: _, ...one }) => one)
    : before.products;
  return { ...before, ...stated, ...(products && { products }) };
}

function changedParts(before: RequestBody, after: RequestBody): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of ['reason', 'demonstration']) names.delete(name);
  return [...names].filter(
    (name) =>
      !isDeepStrictEqual(before[name as keyof RequestBody], after[name as keyof RequestBody]),
  );
}

// The papers may be renewed with the end; whatever decides what is read, or for what, is another grant.
const WITH_EXTENSION = ['until', 'agreement', 'dpia', 'dspt', 'reviewOn'];
const isExtension = (changed: readonly string[]): boolean =>
  changed.includes('until') && changed.every((name) => WITH_EXTENSION.includes(name));
