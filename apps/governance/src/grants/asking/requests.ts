import { fieldErrors, invalid, problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { grantQuota } from '../../broker/quota-plan.js';
import { newId } from '../../database/ids.js';
import { Store, insert } from '../../database/store.js';
import { governanceErrors, grantErrors } from '../../errors.js';
import { SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';
import { AutoGrants } from '../deciding/auto-grants.js';
import { GrantEntity, GrantProductEntity } from '../grant.entity.js';
import { grantableOf, lockGrant } from '../grant-store.js';
import { Granter } from '../granter.js';
import { openGrantMoves } from '../lifecycle.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import { maySee } from '../rules.js';
import { requestBody } from '../shapes.js';
import type { DraftBody, RequestBody } from '../shapes.js';
import { RequestReader, draftValues, fill, grantValues } from './filling.js';
import { incomplete, placedAmong, rightEntries, rightParts } from './incomplete.js';

type Held = Awaited<ReturnType<typeof lockGrant>>;

/** How a request comes about: at once, or as a draft that is written on until it is submitted. */
@Injectable()
export class GrantRequests {
  readonly #store: Store;
  readonly #lifecycle: GrantLifecycle;
  readonly #reader: RequestReader;
  readonly #autoGrants: AutoGrants;
  readonly #granter: Granter;
  readonly #settings: Settings;

  constructor(
    store: Store,
    lifecycle: GrantLifecycle,
    reader: RequestReader,
    autoGrants: AutoGrants,
    granter: Granter,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#reader = reader;
    this.#autoGrants = autoGrants;
    this.#granter = granter;
    this.#settings = settings;
  }

  /** What was sent as a request. Throws MESH-5120 with every wrong field: in its form, or where it stands against the request. */
  async read(caller: Caller, sent: unknown): Promise<RequestBody> {
    const parsed = requestBody.safeParse(sent);
    if (parsed.success) return parsed.data;
    const rest = rightParts(sent, parsed.error);
    const others = await this.#reader.faultsOf(this.#store.reader, caller, rest);
    const places = rightEntries(sent, parsed.error);
    const placed = others.map((fault) => placedAmong(places, fault));
    throw invalid([...fieldErrors(parsed.error), ...placed]);
  }

  /**
   * Asks for a grant; answers its id. Throws MESH-3020 for a demonstration in production, and MESH-3502 with every field
   * that stands against it.
   */
  request(caller: Caller, given: RequestBody, amends: string | null = null): Promise<string> {
    return this.#asking(async (em) => {
      this.#refuseDemonstration(given);
      const reading = await this.#reader.read(em, caller, given);
      const grant = em.create(GrantEntity, {
        ...this.#fresh(caller),
        ...grantValues(given, reading),
        amends,
      });
      await insert(em, GrantEntity, grant);
      return this.#submitted(em, caller, grant, given, reading);
    });
  }

  /** Begins a draft; answers its id. Nothing of it is checked but its form. */
  draft(caller: Caller, given: DraftBody): Promise<string> {
    return this.#store.transaction(async (em) => {
      const grant = em.create(GrantEntity, {
        ...this.#fresh(caller),
        ...draftValues(given, caller),
        state: 'draft',
      });
      await insert(em, GrantEntity, grant);
      await this.#lifecycle.note(em, grant, 'grant.drafted', byRequester(caller));
      return grant.id;
    });
  }

  /**
   * Writes a draft anew; what was refused becomes a draft again. Only the requester: MESH-3501, MESH-3509, MESH-3506
   * while somebody decides on it or after it gave access.
   */
  async edit(caller: Caller, id: string, given: DraftBody): Promise<void> {
    await this.#store.transaction(async (em) => {
      const { grant } = await own(em, caller, id);
      if (grant.state === 'refused') {
        await this.#lifecycle.move(em, grant, 'revise', byRequester(caller));
      }
      if (grant.state !== 'draft') throw illegal(grant);
      Object.assign(grant, draftValues(given, caller));
      await em.save(GrantEntity, grant);
      // Those of the request before: what the draft names is read when it is submitted.
      await em.delete(GrantProductEntity, { grantId: grant.id });
      await this.#lifecycle.note(em, grant, 'grant.edited', byRequester(caller));
    });
  }

  /** Submits a draft: read as a whole and asked anew, every step of it. Throws as `edit` does, MESH-3520, MESH-3502, MESH-3020. */
  async submit(caller: Caller, id: string): Promise<void> {
    await this.#asking(async (em) => {
      const { grant } = await own(em, caller, id);
      if (grant.state !== 'draft') throw illegal(grant);
      // Read once it is held: what is written on it at this moment is in it whole, or comes too late.
      const draft = (grant.asked ?? {}) as DraftBody;
      const parsed = requestBody.safeParse(draft);
      if (!parsed.success) {
        const errors = incomplete(parsed.error, draft);
        errors.push(...(await this.#reader.faultsOf(em, caller, draft)));
        throw problem(grantErrors.requestIncomplete, undefined, errors);
      }
      const given = parsed.data;
      this.#refuseDemonstration(given);
      const reading = await this.#reader.read(em, caller, given);
      // As if it were asked for now: by who its requester is by now, with nothing left of what was decided before.
      const anew = { team: caller.team, quota: grantQuota(this.#settings), attempts: 0 };
      Object.assign(grant, grantValues(given, reading), anew, { failure: null });
      await em.save(GrantEntity, grant);
      return this.#submitted(em, caller, grant, given, reading);
    });
  }

  // The state is `requested` already: what follows is its products, and telling it.
  async #submitted(
    em: EntityManager,
    caller: Caller,
    grant: GrantEntity,
    given: RequestBody,
    reading: Awaited<ReturnType<RequestReader['read']>>,
  ): Promise<string> {
    const products = await fill(em, grant, reading);
    const { purpose, organisation, consumer, reason } = given;
    const { legalBasis, terms } = reading;
    const detail = {
      ...{ purpose, organisation, legalBasis, from: grant.from, until: grant.until },
      products: reading.products,
      ...(consumer && { consumer: `domain-${consumer}` }),
      ...(Object.keys(terms).length > 0 && { terms }),
      ...(grant.amends && { amends: grant.amends }),
    };
    const by = { ...byRequester(caller), reason, detail };
    await this.#lifecycle.announce(em, grant, 'request', by);
    await this.#autoGrants.decide(em, caller, grant, products);
    return grant.id;
  }

  async #asking<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    const answer = await this.#store.transaction(work);
    this.#granter.wake();
    return answer;
  }

  #refuseDemonstration({ demonstration }: Pick<RequestBody, 'demonstration'>): void {
    if (demonstration && this.#settings.mode === 'production') {
      throw problem(governanceErrors.demonstrationRefused);
    }
  }

  #fresh({ sub, team }: Caller) {
    return {
      ...{ id: newId(), requestedBy: sub, team, createdAt: new Date(), attempts: 0 },
      ...{ activatedAt: null, endedAt: null, nextAttemptAt: null, failure: null },
      ...{ quota: grantQuota(this.#settings), amends: null, extension: null, breakGlass: null },
    };
  }
}

/** The grant, held, if it is the caller's own. Throws MESH-3501 to those who may not know of it, MESH-3509 to others. */
export async function own(em: EntityManager, caller: Caller, id: string): Promise<Held> {
  const held = await lockGrant(em, id);
  if (held.grant.requestedBy === caller.sub) return held;
  const isKnown = maySee(caller, grantableOf(held.grant, held.products));
  throw problem(isKnown ? grantErrors.requesterOnly : grantErrors.grantNotFound);
}

function byRequester({ sub }: Caller) {
  return { actor: sub, role: 'requester' };
}

function illegal({ state }: GrantEntity) {
  return problem(grantErrors.illegalGrantMove, openGrantMoves(state));
}
