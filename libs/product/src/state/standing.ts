import { leftOut, PRODUCT, SECONDARY } from '../choices/held.js';
import type { HeldChoices } from '../choices/held.js';
import type { HeldRestriction } from '../person/restriction.js';

/** What decides which editions a person's records are in, and what they show there. */
export type Standing = {
  /** What they said about their record; null for nearly everybody. */
  choices: HeldChoices | null;
  /** Null of everybody who was never restricted. */
  restriction: HeldRestriction | null;
};

export const BOTH = PRODUCT | SECONDARY;

/** Whether the person’s whereabouts are restricted now. */
export const isRestricted = ({ restriction }: Pick<Standing, 'restriction'>): boolean =>
  restriction?.restricted ?? false;

/**
 * The editions, as bits, that a person is left out of: by choice; and of both, who is restricted and known by nothing but
 * an identifier whose issuer tells where they go.
 */
export const outOf = ({ choices, restriction }: Standing): number =>
  leftOut(choices) | (restriction?.restricted && restriction.isLocal ? BOTH : 0);
