import { isDeepStrictEqual } from 'node:util';
import type { Caller, FieldError } from '@caremesh/platform';
import type { z } from 'zod';
import { grantErrors } from '../../errors.js';
import { fault } from '../fault.js';
import { draftBody, namesProducts, requestBody } from '../shapes.js';
import type { DraftBody, RequestBody } from '../shapes.js';

/** What is to be said of a part that is missing; a schema knows only that it is. */
const MISSING: Record<string, string> = {
  product: 'Name one product, or a list of products.',
  purpose: 'Say what it is for: a purpose that the contract of the product allows.',
  legalBasis: 'Name the legal basis: "<article 6>/<article 9>/<common law>".',
  organisation: 'Name the organisation (ODS code) it is for.',
  until: 'Name the last day, YYYY-MM-DD.',
  reason: 'Say why, in words that whoever decides can judge by.',
};

/** What a draft lacks, field by field, with paths as every other refusal of a request has them. */
export function incomplete({ issues }: z.ZodError, draft: DraftBody): FieldError[] {
  // The rule about the product is over several parts, and asked by the schema only once each of them fits.
  const lacking = namesProducts(draft) ? [] : [lack('$.product', MISSING.product)];
  const found = issues
    .filter(({ path }) => path[0] !== 'product' || path.length > 1)
    .map(({ path, message }) => {
      const name = String(path[0]);
      const isMissing = path.length === 1 && !(name in draft);
      return lack(placeOf(path), isMissing ? MISSING[name] : message);
    });
  return [...lacking, ...found];
}

const lack = (path: string, message?: string): FieldError =>
  fault(grantErrors.requestIncomplete, path, message);

function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (at, key) => (typeof key === 'number' ? `${at}[${key}]` : `${at}.${String(key)}`),
    '$',
  );
}

/** The parts of what was sent as a request that have the form they should; of a list of products those in it that have. Pure. */
export function rightParts(sent: unknown, error: z.ZodError): DraftBody {
  const wrong = new Set(error.issues.map(({ path }) => path[0]));
  const isRight = ([name]: [string, unknown]) =>
    Object.hasOwn(draftBody.shape, name) && !wrong.has(name);
  const all = Object.entries(sent instanceof Object ? sent : {});
  const right = Object.fromEntries(all.filter(isRight));
  const listed = listOf(sent);
  const products = rightEntries(sent, error).map((at) => listed[at]);
  const some = wrong.has('products') && products.length > 0 ? { products } : {};
  const read = (parts: object) => draftBody.safeParse(parts).data;
  return read({ ...right, ...some }) ?? read(right) ?? {};
}

/** Where in the list of products that was sent those are that have the form they should. Pure. */
export function rightEntries(sent: unknown, { issues }: z.ZodError): number[] {
  const wrong = issues.filter(({ path }) => path[0] === 'products').map(({ path }) => path[1]);
  if (wrong.includes(undefined)) return [];
  return listOf(sent).flatMap((_, at) => (wrong.includes(at) ? [] : [at]));
}

/** A fault in a list of those, at its place in the list that was sent. Pure. */
export function placedAmong(places: readonly number[], found: FieldError): FieldError {
  const path = found.path.replace(
    /^\$\.products\[(\d+)\]/,
    (_, at: string) => `$.products[${places[Number(at)] ?? at}]`,
  );
  return { ...found, path };
}

function listOf(sent: unknown): readonly unknown[] {
  const { products } = (sent ?? {}) as { products?: unknown };
  return Array.isArray(products) ? products : [];
}

/** The faults that each of several readings found. Pure. */
export function inEach(readings: readonly FieldError[][]): FieldError[] {
  const [first = [], ...others] = readings;
  return first.filter((fault) =>
    others.every((faults) => faults.some((one) => isDeepStrictEqual(one, fault))),
  );
}

/** Parts that say nothing without another: what is found of them is found once that is there. */
const GOES_WITH: Record<string, readonly string[]> = { until: ['reviewOn'] };

/**
 * A draft with something harmless in the place of what it lacks, so that the rest can be read already; and which
 * places are its own. Null where that would be a guess: without a purpose or a product nothing can be said of the rest.
 */
export function filledIn(draft: DraftBody, { organisation }: Caller, now: Date) {
  const { purpose, from = '' } = draft;
  if (purpose === undefined || !namesProducts(draft)) return null;
  const today = now.toISOString().slice(0, 10);
  const filling = {
    legalBasis: `6(1)(e)/9(2)(h)/${purpose === 'individual-care' ? 'direct-care' : 's251'}`,
    organisation: organisation ?? '000',
    until: from > today ? from : today,
    reason: 'Not said yet.',
  } satisfies Partial<RequestBody>;
  const filled = requestBody.safeParse({ ...filling, ...draft });
  if (!filled.success) return null;
  const lacking = Object.keys(filling).filter((name) => !(name in draft));
  const foreign = lacking.flatMap((name) => [name, ...(GOES_WITH[name] ?? [])]);
  const isStated = (path: string) => !foreign.includes(/^\$\.(\w+)/.exec(path)?.[1] ?? '');
  return { request: filled.data, isStated };
}
