import { names, PURPOSES } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller, FieldError } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainEntity } from '../../domains/domain.entity.js';
import { grantErrors } from '../../errors.js';
import { Organisations } from '../../organisations/organisations.js';
import { SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';
import { GrantProductEntity } from '../grant.entity.js';
import type { GrantEntity } from '../grant.entity.js';
import { agreementsOf, policyInForce } from '../ground-rules/in-force.js';
import { generationOf } from '../key-changes/generation-in-force.js';
import { daysToStand, readRequest } from '../request.js';
import type { Reading } from '../request.js';
import { stepsFor } from '../rules.js';
import { namesProducts } from '../shapes.js';
import type { DraftBody, RequestBody } from '../shapes.js';
import { wantedProducts } from '../wanted.js';
import { filledIn, inEach } from './incomplete.js';
import { legalBasisOf, malformed } from './legal-basis.js';

type GoodReading = Extract<Reading, { endsAt: Date }>;

/** Named by no product, in the place of what a draft does not name; and what cannot be read without one. */
const NO_PRODUCT = '---';
const OF_PRODUCTS = /^\$\.(products?|major|version|fields|justifications)\b/;

const NO_BASIS = { article6: '', article9: '', commonLaw: '' };

/** Reads requests against everything that is decided: contracts, organisations, agreements, the policy for grants. */
@Injectable()
export class RequestReader {
  readonly #organisations: Organisations;
  readonly #settings: Settings;

  constructor(organisations: Organisations, @Inject(SETTINGS) settings: Settings) {
    this.#organisations = organisations;
    this.#settings = settings;
  }

  /**
   * Throws MESH-3502 with every field that stands against the request. `demands` false: papers the policy asks for are
   * not waited for, as in an emergency, which is looked at afterwards.
   */
  async read(
    em: EntityManager,
    caller: Caller,
    given: RequestBody,
    { demands = true } = {},
  ): Promise<GoodReading> {
    const reading = await this.#reading(em, caller, given, demands);
    if ('endsAt' in reading) return reading;
    throw problem(grantErrors.requestInvalid, undefined, reading.errors);
  }

  /**
   * Everything that stands against a draft that is not whole, in the parts that are there. Without a purpose that is what
   * stands against it whatever it is for; without a product, what does whichever it is.
   */
  async faultsOf(em: EntityManager, caller: Caller, draft: DraftBody): Promise<FieldError[]> {
    if (namesProducts(draft)) return this.#faultsFor(em, caller, draft);
    const { products: _, ...rest } = draft;
    const found = await this.#faultsFor(em, caller, { ...rest, product: NO_PRODUCT });
    return found.filter(({ path }) => !OF_PRODUCTS.test(path));
  }

  async #faultsFor(em: EntityManager, caller: Caller, draft: DraftBody): Promise<FieldError[]> {
    if (draft.purpose !== undefined) return this.#faultsOf(em, caller, draft);
    const each: FieldError[][] = [];
    for (const purpose of PURPOSES)
      each.push(await this.#faultsOf(em, caller, { ...draft, purpose }));
    return inEach(each).filter(({ path }) => path !== '$.purpose');
  }

  async #faultsOf(em: EntityManager, caller: Caller, draft: DraftBody): Promise<FieldError[]> {
    const filled = filledIn(draft, caller, new Date());
    if (!filled) return malformed(draft);
    const { errors } = await this.#reading(em, caller, filled.request, true);
    return errors.filter(({ path }) => filled.isStated(path));
  }

  async #reading(
    em: EntityManager,
    caller: Caller,
    given: RequestBody,
    demands: boolean,
  ): Promise<Reading> {
    const now = new Date();
    const policy = demands ? await policyInForce(em) : null;
    const { organisation } = given;
    const { first, last } = daysToStand(given, now);
    return readRequest(given, await wantedProducts(em, given), {
      organisation: caller.organisation,
      domain: await domainOf(em, caller),
      now,
      longestDays: this.#settings.longestGrantDays,
      standing: await this.#organisations.organisationOn(em, organisation, first),
      standingAtEnd: await this.#organisations.organisationOn(em, organisation, last),
      demands: policy?.demands[given.purpose] ?? [],
      controllers: await agreementsOf(em, organisation),
    });
  }
}

async function domainOf(em: EntityManager, { team }: Caller): Promise<string | null> {
  return team && (await em.existsBy(DomainEntity, { name: team })) ? team : null;
}

/** The values of a grant that is asked for. */
export function grantValues(given: RequestBody, reading: GoodReading) {
  const { purpose, organisation, consumer, reason, demonstration, until } = given;
  const kind = purpose === 'individual-care' ? ('individual-care' as const) : ('view' as const);
  const { legalBasis, startsAt, endsAt, products, terms } = reading;
  const domains = products.map(({ product }) => names.parseProductId(product).domain);
  return {
    ...{ state: 'requested' as const, kind, purpose, legalBasis, organisation, consumer, reason },
    ...{ from: given.from ?? startsAt.toISOString().slice(0, 10), until, startsAt, endsAt },
    ...{ steps: stepsFor(kind, domains), demonstration, terms, asked: given },
  };
}

/** The values of a draft: what is missing is empty, and its period is none. */
export function draftValues(given: DraftBody, { organisation }: Caller) {
  const now = new Date();
  const basis = given.legalBasis === undefined ? null : legalBasisOf(given.legalBasis);
  return {
    kind: given.purpose === 'individual-care' ? ('individual-care' as const) : ('view' as const),
    purpose: given.purpose ?? ('' as RequestBody['purpose']),
    legalBasis: basis ?? NO_BASIS,
    organisation: given.organisation ?? organisation ?? '',
    ...{ consumer: given.consumer ?? null, reason: given.reason ?? '' },
    ...{ from: given.from ?? '', until: given.until ?? '', startsAt: now, endsAt: now },
    ...{ steps: [], demonstration: given.demonstration ?? false, terms: {}, asked: given },
  };
}

/** Writes the products of a grant, in the place of those of an earlier request. */
export async function fill(
  em: EntityManager,
  grant: GrantEntity,
  { products }: Pick<GoodReading, 'products'>,
): Promise<GrantProductEntity[]> {
  await em.delete(GrantProductEntity, { grantId: grant.id });
  const generation = grant.kind === 'view' ? await generationOf(em, grant) : 1;
  const rows = products.map((one) =>
    em.create(GrantProductEntity, productOf(grant, generation, one)),
  );
  await em.insert(GrantProductEntity, rows);
  return rows;
}

/** A view has a topic of its own; so has individual care that is narrowed to the people of some organisations. */
function productOf(
  { id, kind, terms }: GrantEntity,
  generation: number,
  { product, major, fields }: GoodReading['products'][number],
) {
  const isOwnTopic = kind === 'view' || terms.narrowedTo !== undefined;
  const topic = isOwnTopic
    ? names.viewTopic(id, product, major, generation)
    : names.productTopic(product, major);
  const view = { topic, generation, viewSchemaId: null, ready: false };
  return { grantId: id, product, major, fields, ...view };
}
