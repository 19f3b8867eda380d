import { names } from '@caremesh/contract';

/**
 * What the program does in this process. Its parts are two processes under two principals, because the broker's rules are
 * per principal: what reads secondary editions reads no product topic, and the other way round.
 */
export type Part = {
  /** Name of the process; its consumer groups, dead letters and transactional ids begin with it. */
  name: 'disclosure' | 'care-disclosure';
  /** The grants whose views it makes. */
  kind: 'view' | 'individual-care';
  /** The topic it makes them from. */
  editionOf: (product: string, major: number) => string;
  /** In how many lanes an edition is read; one where few records come. */
  lanes: number;
};

const PARTS: readonly Part[] = [
  { name: 'disclosure', kind: 'view', editionOf: names.secondaryTopic, lanes: 2 },
  { name: 'care-disclosure', kind: 'individual-care', editionOf: names.productTopic, lanes: 1 },
];

/** Every purpose but individual care. */
export const SECONDARY_USE = PARTS[0]!;
/** Individual care narrowed to people of named organisations. */
export const INDIVIDUAL_CARE = PARTS[1]!;

/** The part that a process of this name plays; whatever is not the other is the one that reads no identifier's home. */
export function partOf(service: string): Part {
  return PARTS.find(({ name }) => name === service) ?? SECONDARY_USE;
}
