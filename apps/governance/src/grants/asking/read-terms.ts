import type { FieldError } from '@caremesh/platform';
import { grantErrors } from '../../errors.js';
import { fault } from '../fault.js';
import type { RequestBody } from '../shapes.js';
import { paperErrors } from './papers.js';
import { termsOf } from './terms.js';
import type { Demandable, GrantTerms } from './terms.js';

const DAY_MS = 86_400_000;
/** A grant that lasts longer than this is looked at once within it, whatever was asked. */
const REVIEW_AFTER_DAYS = 365;

type Context = {
  startsAt: Date;
  endsAt: Date;
  now: Date;
  /** Names of every field the request asks for. */
  asked: readonly string[];
  demands: readonly Demandable[];
  controllers: readonly { reference: string; until: Date | null }[];
};

/** Reads what is agreed beside purpose, fields and period: the terms, and every one that stands against the request. */
export function readTerms(
  given: RequestBody,
  about: Context,
): { terms: GrantTerms; errors: FieldError[] } {
  const { purpose, consumer } = given;
  const isOutside = purpose === 'individual-care' && consumer === null;
  const controller = isOutside ? controllerFor(about) : undefined;
  const errors = [
    ...demanded(given, about),
    ...agreementErrors(given, about),
    ...paperErrors(given, about.now),
    ...reviewErrors(given, about),
    ...justificationErrors(given, about.asked),
    ...(given.dspt?.status === 'not-met' ? [fault(grantErrors.fieldToolkit, '$.dspt.status')] : []),
    ...(given.narrowedTo && !isOutside ? [fault(grantErrors.fieldNarrowed, '$.narrowedTo')] : []),
    ...(given.optOutExemption && purpose === 'individual-care'
      ? [fault(grantErrors.fieldExemption, '$.optOutExemption')]
      : []),
    ...(isOutside && !controller ? [fault(grantErrors.fieldController, '$.organisation')] : []),
  ];
  const terms = {
    ...withReview(termsOf(given), about),
    ...(controller && { jointControllers: controller.reference }),
  };
  return { terms, errors };
}

/** An agreement must hold as long as the grant: nobody looks on the day it ends. */
function controllerFor({ controllers, endsAt }: Context) {
  return controllers.find(({ until }) => until === null || until >= endsAt);
}

function demanded(given: RequestBody, { demands, asked }: Context): FieldError[] {
  const missing = demands.filter((part) => given[part] === undefined).map((part) => `$.${part}`);
  const { justifications } = given;
  // One by one: a field that nobody justified is not justified by the next.
  const unjustified =
    justifications && demands.includes('justifications')
      ? [...new Set(asked)]
          .filter((name) => !Object.hasOwn(justifications, name))
          .map((name) => `$.justifications.${name}`)
      : [];
  return [...missing, ...unjustified].map((path) => fault(grantErrors.fieldDemanded, path));
}

// Days are compared as moments: an agreement until a day holds on that day.
function agreementErrors({ agreement }: RequestBody, { endsAt, now }: Context): FieldError[] {
  if (!agreement || !isValid(endsAt)) return [];
  const holdsUntil = new Date(`${agreement.until}T00:00:00Z`).getTime() + DAY_MS;
  if (holdsUntil <= now.getTime()) {
    const message = `${agreement.reference} expired on ${agreement.until}.`;
    return [fault(grantErrors.fieldAgreement, '$.agreement.until', message)];
  }
  if (holdsUntil >= endsAt.getTime()) return [];
  const message = `${agreement.reference} ends on ${agreement.until}, before the grant does.`;
  return [fault(grantErrors.fieldAgreement, '$.agreement.until', message)];
}

function reviewErrors({ reviewOn }: RequestBody, { startsAt, endsAt }: Context): FieldError[] {
  if (!reviewOn || !isValid(startsAt) || !isValid(endsAt)) return [];
  const day = new Date(`${reviewOn}T00:00:00Z`);
  return day > startsAt && day < endsAt ? [] : [fault(grantErrors.fieldReview, '$.reviewOn')];
}

function justificationErrors(given: RequestBody, asked: readonly string[]): FieldError[] {
  return Object.keys(given.justifications ?? {})
    .filter((name) => !asked.includes(name))
    .map((name) => fault(grantErrors.fieldJustified, `$.justifications.${name}`));
}

function withReview(terms: GrantTerms, { startsAt, endsAt }: Context): GrantTerms {
  const lasts = endsAt.getTime() - startsAt.getTime();
  if (terms.reviewOn || !(lasts > REVIEW_AFTER_DAYS * DAY_MS)) return terms;
  const reviewOn = new Date(startsAt.getTime() + REVIEW_AFTER_DAYS * DAY_MS);
  return { ...terms, reviewOn: reviewOn.toISOString().slice(0, 10) };
}

const isValid = (moment: Date) => !Number.isNaN(moment.getTime());
