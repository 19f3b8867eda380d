import { NAMES, PLACES } from '../facts.js';
import type { Place } from '../facts.js';
import { Random } from '../random.js';
import { dayOf } from './day.js';
import type { Day } from './day.js';
import { nhsNumberOf } from './nhs-number.js';

/** Somebody who does not exist, as every setting knows them. */
export type Person = {
  index: number;
  /** What every identifier of this person's begins with, other than another seed's: both may be sent to one mesh. */
  id: string;
  nhsNumber: string;
  given: string;
  family: string;
  gender: 'female' | 'male';
  born: Day;
  /** ETHNIC CATEGORY of the NHS Data Dictionary. */
  ethnicCategory: string;
  address: { line: string; town: string; postcode: string };
  place: Place;
  /** ODS code of the practice they are registered with. */
  practice: string;
  /** What the hospital, the community provider and the council call them. */
  hospitalNumber: string;
  communityNumber: string;
  councilNumber: string;
};

const ETHNIC_CATEGORIES = [...'AAAAAAAAAAAABCDEFGHJKLMNPRSZ', '99'];
const POSTCODE_LETTERS = [...'ABDEFGHJLNPQRSTUWXYZ'];
/** The day the lives are told on; nothing in them is later. */
export const TODAY = dayOf('2026-10-31');

/** The n-th person of a seed; the same for ever. */
export function personOf(seed: string, index: number): Person {
  const random = new Random(seed, index, 'person');
  const place = random.pick(PLACES);
  const gender = random.chance(0.53) ? 'female' : 'male';
  const seeded = new Random(seed, 'numbers');
  const offset = seeded.int(0, 9_999_999);
  const id = `${tagOf(seeded)}${index}`;
  return {
    index,
    id,
    nhsNumber: nhsNumberOf(index, offset),
    given: random.pick(NAMES[gender]),
    family: random.pick(NAMES.family),
    gender,
    born: TODAY - ageInDays(random),
    ethnicCategory: random.pick(ETHNIC_CATEGORIES),
    address: addressOf(random, place),
    place,
    practice: random.pick(place.practices),
    hospitalNumber: `H${id}`,
    communityNumber: `LP${id}`,
    councilNumber: `P${id}`,
  };
}

const tagOf = (seeded: Random): string =>
  Array.from({ length: 4 }, () => seeded.pick(POSTCODE_LETTERS)).join('');

/** Older than the country: those who draw on all four settings mostly are. */
function ageInDays(random: Random): number {
  const years = random.chance(0.6) ? random.int(65, 98) : random.int(1, 64);
  return years * 365 + random.int(60, 360);
}

function addressOf(random: Random, place: Place): Person['address'] {
  const letters = random.pick(POSTCODE_LETTERS) + random.pick(POSTCODE_LETTERS);
  return {
    line: `${random.int(1, 120)} ${random.pick(NAMES.streets)}`,
    town: random.pick(place.towns),
    postcode: `${random.pick(place.postcodeAreas)} ${random.int(1, 9)}${letters}`,
  };
}

/** Whole years of age on a day. */
export const ageOn = ({ born }: Person, day: Day): number => Math.floor((day - born) / 365.25);
