import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Person } from '../authority/authority.js';
import { CredentialEntity } from '../credentials/credential.entity.js';
import { Store } from '../database/store.js';
import { grantErrors } from '../errors.js';
import { GrantEntity, GrantEventEntity, GrantProductEntity } from './grant.entity.js';
import { GrantFormerViewEntity } from './key-changes/key-generation.entity.js';
import { SEES_ALL, SEES_DRAFTS } from './rules.js';
import type { Grantable } from './rules.js';
import type { WholeGrant } from './show.js';

const OWNER = /^([a-z0-9-]+)-owner$/;

/** Grants as they are kept: found, held for a change, and put together with what belongs to them. */
@Injectable()
export class GrantStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The grant with its products, timeline and live credentials; null if there is none. */
  async find(id: string): Promise<WholeGrant | null> {
    const grant = await this.#store.reader.findOneBy(GrantEntity, { id });
    const [whole] = grant ? await this.complete([grant]) : [];
    return whole ?? null;
  }

  /** Adds to each grant what belongs to it. */
  async complete(grants: readonly GrantEntity[]): Promise<WholeGrant[]> {
    const grantId = In(grants.map(({ id }) => id));
    const em = this.#store.reader;
    const products = await em.find(GrantProductEntity, {
      where: { grantId },
      order: { product: 'ASC' },
    });
    const timeline = await em.find(GrantEventEntity, { where: { grantId }, order: { id: 'ASC' } });
    const former = await em.find(GrantFormerViewEntity, {
      where: { grantId, endedAt: IsNull() },
      order: { topic: 'ASC' },
    });
    const credentials = await em.findBy(CredentialEntity, { grantId, endedAt: IsNull() });
    return grants.map((grant) => ({
      grant,
      products: products.filter((one) => one.grantId === grant.id),
      former: former.filter((one) => one.grantId === grant.id),
      timeline: timeline.filter((one) => one.grantId === grant.id),
      credentials: credentials.filter((one) => one.grantId === grant.id),
    }));
  }

  /** Grants among which the caller may look: the same people as `maySee` says, as a query. */
  visibleTo(caller: Person): SelectQueryBuilder<GrantEntity> {
    const all = this.#store.reader.createQueryBuilder(GrantEntity, 'g');
    if (caller.kind === 'service') return all.where('true');
    if (caller.kind !== 'user') return all.where('false');
    if (SEES_DRAFTS.some((role) => caller.roles.includes(role))) return all.where('true');
    const asked = SEES_ALL.some((role) => caller.roles.includes(role));
    const owned = caller.roles.includes('owner') && caller.team ? [`${caller.team}-owner`] : [];
    const domains = [...caller.roles, ...owned].flatMap((role) => OWNER.exec(role)?.[1] ?? []);
    const guards = caller.roles.includes('caldicott-guardian');
    return all.where(
      `(g.requested_by = :sub OR (g.break_glass IS NULL AND EXISTS (
         SELECT 1 FROM jsonb_array_elements(g.steps) step WHERE step->>'role' = ANY(:held)))
        OR (g.state <> 'draft' AND (:asked OR (g.kind = 'individual-care' AND :guards) OR EXISTS (
         SELECT 1 FROM grant_product p WHERE p.grant_id = g.id AND split_part(p.product, '.', 1) = ANY(:domains)))))`,
      { sub: caller.sub, held: [...caller.roles, ...owned], asked, domains, guards },
    );
  }
}

/** The grant, held until the transaction ends, with its products. Throws MESH-3501. */
export async function lockGrant(em: EntityManager, id: string) {
  const grant = await em.findOne(GrantEntity, {
    where: { id },
    lock: { mode: 'pessimistic_write' },
  });
  if (!grant) throw problem(grantErrors.grantNotFound);
  const products = await em.findBy(GrantProductEntity, { grantId: id });
  return { grant, products };
}

/** What the rules need to know of a grant. */
export function grantableOf(
  grant: GrantEntity,
  products: readonly { product: string }[],
): Grantable {
  const { state, kind, steps, requestedBy, team, extension, suspendedAs, breakGlass } = grant;
  return {
    state,
    kind,
    steps,
    extension: extension && {
      steps: extension.steps,
      // One that was asked for before this was kept is the requester's as they were then.
      requester: {
        sub: extension.askedBy,
        team: extension.team === undefined ? team : extension.team,
      },
    },
    emergency: breakGlass !== null,
    suspendedAs,
    requester: { sub: requestedBy, team },
    domains: products.map(({ product }) => names.parseProductId(product).domain),
  };
}
