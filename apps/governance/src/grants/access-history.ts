import { names } from '@caremesh/contract';
import { platformErrors, problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { isOwnerOf } from '../authority/authority.js';
import { CARE_DISCLOSURE, DISCLOSURE, MONITOR } from '../broker/access-rules.js';
import { beginningOf } from '../database/days.js';
import { Store } from '../database/store.js';
import { DecisionEntity } from '../decisions/decision.entity.js';
import { governanceErrors } from '../errors.js';
import { ProductEntity, ProductMajorEntity } from '../products/product.entity.js';
import { ProposalEntity } from '../proposals/proposal.entity.js';
import { periodsOf, since, until, within } from './access-periods.js';
import type { AccessPeriod } from './access-periods.js';
import { GrantEntity, GrantEventEntity, GrantProductEntity } from './grant.entity.js';
import { GrantFormerViewEntity } from './key-changes/key-generation.entity.js';
import type { AccessQuery } from './shapes.js';

/** A topic that a grant reads, or read until its pseudonyms changed. */
type Part = Pick<GrantProductEntity, 'grantId' | 'topic' | 'major' | 'fields'> & {
  began: Date | null;
  ended: Date | null;
};

/** Who said yes, as what, and when. */
type Authority = { role: string; by: string | null; at: string | null };

/** Who may ask of any product; an owner asks of their own. */
const SEES_ANY = ['auditor', 'governance-lead', 'ig-lead', 'caldicott-guardian', 'administrator'];

/** Who could read a product on a day, and on whose authority. A day is one in England: from midnight to midnight there. */
@Injectable()
export class AccessHistory {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Of a product of theirs for an owner, of any for the rest who may ask. Throws MESH-3011 for a product that was never
   * published, MESH-5204 for that of other owners, MESH-3024 for a day that does not exist.
   */
  async on(caller: Caller, { product, on }: AccessQuery) {
    const em = this.#store.reader;
    const begin = await beginningOf(em, on);
    const end = await beginningOf(em, on, 1);
    const known = await em.existsBy(ProductEntity, { id: product });
    if (!known) throw problem(governanceErrors.productNotFound);
    refuseOfOthers(caller, product);
    const services = await this.#services(product, begin, end);
    const grants = await this.#grants(product, begin, end);
    return { product, on, items: [...services, ...grants], next: null };
  }

  async #grants(product: string, begin: Date, end: Date) {
    const em = this.#store.reader;
    const parts = await this.#parts(product);
    const ids = [...new Set(parts.map(({ grantId }) => grantId))];
    const majors = await em.findBy(ProductMajorEntity, { product });
    const retired = new Map(majors.map(({ major, retiredAt }) => [major, retiredAt]));
    const grants = await em.find(GrantEntity, {
      where: { id: In(ids) },
      order: { activatedAt: 'ASC', id: 'ASC' },
    });
    const events = await em.find(GrantEventEntity, {
      where: { grantId: In(ids) },
      order: { id: 'ASC' },
    });
    return grants.flatMap((grant) => {
      const timeline = events.filter(({ grantId }) => grantId === grant.id);
      const periods = within(periodsOf(timeline), begin, end);
      if (periods.length === 0) return [];
      return parts
        .filter(({ grantId }) => grantId === grant.id)
        .flatMap(({ topic, major, fields, began, ended }) => {
          const readable = until(until(periods, ended), retired.get(major) ?? null);
          const open = within(began ? since(readable, began) : readable, begin, end);
          if (open.length === 0) return [];
          return [{ ...describe(grant, open, renewals(timeline, end)), topic, major, fields }];
        });
    });
  }

  /** Every topic of the product that a grant was ever told to read, former generations of its view among them. */
  async #parts(product: string): Promise<Part[]> {
    const em = this.#store.reader;
    const now = await em.findBy(GrantProductEntity, { product });
    const former = await em.findBy(GrantFormerViewEntity, { product });
    const placeOf = ({ grantId, major }: { grantId: string; major: number }) =>
      `${grantId} ${major}`;
    const fieldsOf = new Map(now.map((one) => [placeOf(one), one.fields]));
    const parts = [...former, ...now.map((one) => ({ ...one, endedAt: null }))];
    const made: Part[] = [];
    for (const part of parts) {
      const { grantId, topic, major, generation, endedAt: ended } = part;
      const began = generation > 1 ? await this.#began(grantId, topic) : null;
      // A view that was named and is not made yet was read by nobody.
      if (generation > 1 && began === null) continue;
      made.push({ grantId, topic, major, fields: fieldsOf.get(placeOf(part))!, began, ended });
    }
    return made;
  }

  /** When the broker was first told of a topic of a later generation; what it was told is on the ledger. */
  async #began(grantId: string, topic: string): Promise<Date | null> {
    const [row] = await this.#store.reader.query<{ at: Date | null }[]>(
      `SELECT min(at) AS at FROM ledger_entry
        WHERE object = 'grant:' || $1 AND action IN ('grant.activated', 'grant.pseudonyms-changed')
          AND (detail->'topics' @> to_jsonb($2::text)
            OR detail->'topics' @> jsonb_build_array(jsonb_build_object('topic', $2::text)))`,
      [grantId, topic],
    );
    return row?.at ?? null;
  }

  /** Services of the mesh that read on the authority of who approved the version: disclosure in both its parts, and the monitor. */
  async #services(product: string, begin: Date, end: Date) {
    const em = this.#store.reader;
    const published = await em
      .createQueryBuilder(ProposalEntity, 'p')
      .where('p.product = :product AND p.published_at < :end', { product, end })
      .orderBy('p.published_at', 'DESC')
      .getMany();
    const firsts = [...new Map(published.map((one) => [one.major, one])).values()].reverse();
    const items = [];
    for (const first of firsts) {
      const since = first.publishedAt ?? end;
      const periods = within([{ since, until: await this.#retired(first) }], begin, end);
      if (periods.length === 0) continue;
      const { major, contentHash } = first;
      const authority = await this.#decisions(first.id);
      const said = { kind: 'service' as const, major, authority, contentHash, ...spanOf(periods) };
      const secondary = names.secondaryTopic(product, major);
      const hasEdition = published.some((one) => one.major === major && one.secondarySchemaId);
      if (hasEdition) items.push({ ...said, principal: DISCLOSURE, topic: secondary });
      for (const principal of [CARE_DISCLOSURE, MONITOR]) {
        items.push({ ...said, principal, topic: names.productTopic(product, major) });
      }
    }
    return items;
  }

  async #decisions(proposalId: string): Promise<Authority[]> {
    const decisions = await this.#store.reader.find(DecisionEntity, {
      where: { proposalId, decision: 'approve' },
      order: { at: 'ASC' },
    });
    return decisions.map(({ role, decidedBy, at }) => ({
      role,
      by: decidedBy,
      at: at.toISOString(),
    }));
  }

  // The major ends with its last version; when it did is on the ledger.
  async #retired({ product, major }: ProposalEntity): Promise<Date | null> {
    const [row] = await this.#store.reader.query<{ at: Date | null }[]>(
      `SELECT max(e.at) AS at FROM product_major m
         JOIN proposal p ON p.product = m.product AND p.major = m.major
         JOIN ledger_entry e ON e.object = 'proposal:' || p.id AND e.action = 'version.retired'
        WHERE m.product = $1 AND m.major = $2 AND m.status = 'retired'`,
      [product, major],
    );
    return row?.at ?? null;
  }
}

function refuseOfOthers(caller: Caller, product: string): void {
  const { domain } = names.parseProductId(product);
  if (SEES_ANY.some((role) => caller.roles.includes(role)) || isOwnerOf(caller, domain)) return;
  throw problem(platformErrors.notAllowed, `One of these is needed: ${domain}-owner, ${SEES_ANY}`);
}

// A grant that was suspended reads again on the word of whoever renewed it.
function renewals(timeline: readonly GrantEventEntity[], end: Date): Authority[] {
  return timeline
    .filter(({ event, at }) => event === 'renewed' && at < end)
    .map(({ role, actor, at }) => ({ role, by: actor, at: at.toISOString() }));
}

function describe(grant: GrantEntity, periods: readonly AccessPeriod[], renewed: Authority[]) {
  const { id, kind, state, organisation, requestedBy, purpose, legalBasis, from, until } = grant;
  const { consumer } = grant;
  return {
    kind,
    grant: id,
    principal: names.grantPrincipal(id),
    /** The service that read too, under its own principal. */
    consumer: consumer && names.domainPrincipal(consumer),
    state,
    organisation,
    requestedBy,
    purpose,
    legalBasis,
    from,
    until,
    authority: [...grant.steps, ...renewed],
    ...spanOf(periods),
  };
}

/** When access began and ended, of the periods that touch the day. */
function spanOf(periods: readonly AccessPeriod[]) {
  return {
    since: periods[0]?.since.toISOString() ?? null,
    endedAt: periods.at(-1)?.until?.toISOString() ?? null,
    periods: periods.map(({ since, until }) => ({
      since: since.toISOString(),
      until: until?.toISOString() ?? null,
    })),
  };
}
