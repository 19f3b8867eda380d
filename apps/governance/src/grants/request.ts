import { careOrganisationFields, grantableFields, treatedFields } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import type { FieldError } from '@caremesh/platform';
import { grantErrors } from '../errors.js';
import type { Standing } from '../organisations/standing.js';
import { legalBasisErrors, legalBasisOf } from './asking/legal-basis.js';
import { readTerms } from './asking/read-terms.js';
import type { Demandable, GrantTerms } from './asking/terms.js';
import { fault } from './fault.js';
import type { GrantLegalBasis } from './grant.entity.js';
import type { RequestBody } from './shapes.js';

const DAY_MS = 86_400_000;

/** A product asked for, with the newest contract of that major; null where there is none such. */
export type Wanted = {
  product: string;
  major: number;
  contract: DataContract | null;
  known: boolean;
  /** False if the request names a version that was never published. */
  versionKnown?: boolean;
};

/** What a request is read against, besides the contracts. */
export type RequestContext = {
  organisation: string | null;
  /** The requester's team, if it is one of an accepted domain. */
  domain?: string | null;
  now: Date;
  longestDays: number;
  /** Where the organisation asked for stands on the first day on which the grant can be read. */
  standing: Standing;
  /** And on its last, as far as is known today. */
  standingAtEnd?: Standing;
  /** What the policy for grants demands for this purpose. */
  demands: readonly Demandable[];
  /** Joint-controller agreements in force that name the organisation; `until` null: without end. */
  controllers: readonly { reference: string; until: Date | null }[];
};

/** A request that can be granted, or everything that stands against it. */
export type Reading =
  | { errors: FieldError[] }
  | {
      errors: [];
      legalBasis: GrantLegalBasis;
      startsAt: Date;
      endsAt: Date;
      terms: GrantTerms;
      products: { product: string; major: number; fields: string[] }[];
    };

/**
 * Reads a request for a grant against the contracts it is about. Pure; `now` and the person's organisation
 * come with it. Every field that is wrong is named at once.
 */
export function readRequest(
  given: RequestBody,
  wanted: readonly Wanted[],
  about: RequestContext,
): Reading {
  const legalBasis = legalBasisOf(given.legalBasis);
  const period = periodOf(given, about);
  const products = wanted.map((one, at) => readProduct(given, one, at));
  const asked = products.flatMap(({ fields }) => fields);
  const terms = readTerms(given, { ...period, asked, ...about });
  const errors = [
    ...(isOwn(given, about.organisation)
      ? []
      : [fault(grantErrors.fieldOrganisation, '$.organisation')]),
    ...(mayConsume(given, about.domain) ? [] : [fault(grantErrors.fieldConsumer, '$.consumer')]),
    ...standingErrors(about),
    ...legalBasisErrors(legalBasis, given.purpose),
    ...period.errors,
    ...products.flatMap((one) => one.errors),
    ...terms.errors,
  ];
  if (errors.length > 0 || !legalBasis) return { errors };
  const { startsAt, endsAt } = period;
  return { errors: [], legalBasis, startsAt, endsAt, terms: terms.terms, products };
}

/** A domain's team signs in for no organisation: who runs its service is stated, and decided on with the rest. */
const isOwn = ({ organisation, consumer }: RequestBody, own: string | null): boolean =>
  organisation === own || (consumer !== null && own === null);

/** A service reads for its own domain's team, and only what care of individuals needs: all else is a view. */
const mayConsume = ({ consumer, purpose }: RequestBody, domain?: string | null): boolean =>
  consumer === null || (consumer === domain && purpose === 'individual-care');

function standingErrors({ standing, standingAtEnd }: RequestContext): FieldError[] {
  if (standing.state === 'closed') {
    const message = `${standing.name} is closed since ${closing(standing)}.`;
    return [fault(grantErrors.fieldClosed, '$.organisation', message)];
  }
  if (standing.state === 'not-yet-open') {
    const message = `${standing.name} opens on ${standing.opened}.`;
    return [fault(grantErrors.fieldClosed, '$.organisation', message)];
  }
  if (standingAtEnd?.state !== 'closed') return [];
  const message = `${standingAtEnd.name} closes on ${closing(standingAtEnd)}.`;
  return [fault(grantErrors.fieldClosed, '$.until', message)];
}

function closing({ closed, successors }: Extract<Standing, { state: 'closed' }>): string {
  const after = successors.map(({ ods, name }) => `${name}${ods ? ` (${ods})` : ''}`);
  return after.length > 0 ? `${closed}; after it came ${after.join(', ')}` : closed;
}

function readProduct(given: RequestBody, wanted: Wanted, at: number) {
  const { product, major, contract, known } = wanted;
  const path = given.products ? `$.products[${at}]` : '$';
  const answer = (errors: FieldError[], fields: string[] = []) => ({
    product,
    major,
    fields,
    errors,
  });
  if (!known) return answer([fault(grantErrors.fieldProduct, `${path}.product`)]);
  if (!contract) return answer([fault(grantErrors.fieldMajor, `${path}.major`)]);
  const errors = [
    ...(wanted.versionKnown === false ? [fault(grantErrors.fieldVersion, `${path}.version`)] : []),
    ...(contract.purposes.includes(given.purpose)
      ? []
      : [fault(grantErrors.fieldPurpose, '$.purpose', `${product} allows ${contract.purposes}`)]),
    ...(given.narrowedTo && !tellsWhoCares(contract)
      ? [fault(grantErrors.fieldNarrowingUntold, `${path}.product`)]
      : []),
  ];
  const own = given.products?.[at]?.fields;
  const fields = readFields(
    own === undefined ? given : { ...given, fields: own },
    contract,
    own === undefined ? '$.fields' : `${path}.fields`,
  );
  return answer([...errors, ...fields.errors], fields.fields);
}

function tellsWhoCares(contract: DataContract): boolean {
  const { registered, referred } = careOrganisationFields(contract);
  return registered.length > 0 || referred.length > 0;
}

function readFields(
  given: Pick<RequestBody, 'fields' | 'purpose'>,
  contract: DataContract,
  place: string,
) {
  const all = topLevel(contract);
  const grantable = grantableFields(contract);
  // Each by its name: a generalised identifier is part of no `all`.
  const askable = new Set([...grantable, ...treatedFields(contract)]);
  if (given.purpose === 'individual-care') {
    const errors = given.fields === 'all' ? [] : [fault(grantErrors.fieldNarrowing, place)];
    return { fields: all, errors };
  }
  if (given.fields === 'all') return { fields: grantable, errors: [] };
  const errors = given.fields.flatMap((name, at) => {
    const path = `${place}[${at}]`;
    if (!all.includes(name)) return [fault(grantErrors.fieldUnknownField, path)];
    return askable.has(name) ? [] : [fault(grantErrors.fieldIdentifier, path)];
  });
  return { fields: [...new Set(given.fields)].filter((name) => all.includes(name)), errors };
}

/** Fields of the record itself: what is inside a list or record goes with it. */
function topLevel(contract: DataContract): string[] {
  return contract.fields.filter(({ path }) => /^\w+$/.test(path)).map(({ name }) => name);
}

function periodOf(
  { from, until }: RequestBody,
  { now, longestDays }: { now: Date; longestDays: number },
) {
  const startsAt = from ? startOf(from) : now;
  const endsAt = endOf(until);
  const problems = [
    ...(Number.isNaN(startsAt.getTime()) ? [periodFault('$.from', 'There is no such day.')] : []),
    ...(Number.isNaN(endsAt.getTime()) ? [periodFault('$.until', 'There is no such day.')] : []),
    ...(endsAt <= startsAt ? [periodFault('$.until', 'The end is not after the start.')] : []),
    ...(endsAt <= now ? [periodFault('$.until', 'The end is in the past.')] : []),
    ...(endsAt.getTime() - startsAt.getTime() > longestDays * DAY_MS
      ? [periodFault('$.until', `A grant lasts at most ${longestDays} days.`)]
      : []),
  ];
  return { startsAt, endsAt, errors: problems };
}

/** The days on which the organisation has to stand: the first that is not over, and the last, where they are days. */
export function daysToStand({ from, until }: Pick<RequestBody, 'from' | 'until'>, now: Date) {
  const today = now.toISOString().slice(0, 10);
  const starts = from === undefined ? null : isoDay(startOf(from));
  const first = starts !== null && starts > today ? starts : today;
  // The end is the first moment after the grant.
  const ends = isoDay(new Date(endOf(until).getTime() - 1));
  return { first, last: ends !== null && ends > first ? ends : first };
}

function isoDay(moment: Date): string | null {
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString().slice(0, 10);
}

/** A day begins at its first moment, UTC. */
function startOf(text: string): Date {
  return dayOf(text) ?? new Date(text);
}

/** The first moment after a grant until that day, which it includes, or until that moment. */
export function endOf(text: string): Date {
  const day = dayOf(text);
  return day ? new Date(day.getTime() + DAY_MS) : new Date(text);
}

// 2026-02-30 would otherwise be taken for the second of March.
function dayOf(text: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = new Date(`${text}T00:00:00.000Z`);
  if (Number.isNaN(day.getTime())) return day;
  return day.toISOString().startsWith(text) ? day : new Date(Number.NaN);
}

function periodFault(path: string, message: string): FieldError {
  return { ...fault(grantErrors.fieldPeriod, path), message };
}
