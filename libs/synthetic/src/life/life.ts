import { MEDICATIONS } from '../facts.js';
import type { MedicinalProduct } from '../facts.js';
import { Random } from '../random.js';
import type { Day, Moment } from './day.js';
import { ageOn, personOf, TODAY } from './person.js';
import type { Person } from './person.js';
import { packagesOf } from './support.js';
import type { CarePackage } from './support.js';
import { referralsOf } from './visits.js';
import type { Referral } from './visits.js';

/** One person and what happened to them, in every setting: each format tells its part of the same life. */
export type Life = {
  person: Person;
  medications: Medication[];
  stays: Stay[];
  referrals: Referral[];
  packages: CarePackage[];
};

export type Medication = {
  id: string;
  product: MedicinalProduct;
  /** A request is an order of the prescriber's, a statement what the practice knows is taken. */
  recordedAs: 'statement' | 'request';
  status: 'active' | 'completed' | 'stopped';
  started: Day;
  ended: Day | null;
  quantity: number;
};

/** A stay in hospital: what is planned, then undone, is told by events that cancel one another. */
export type Stay = {
  spell: string;
  admitted: Moment;
  /** Null while the person is in hospital. */
  discharged: Moment | null;
  emergency: boolean;
  ward: string;
  movedTo: { ward: string; at: Moment } | null;
  diagnosis: string;
  /** NHS number not known when admitted: under the hospital's number alone until the registrations are merged. */
  unidentified: boolean;
  story: 'plain' | 'updated' | 'admission cancelled' | 'discharge cancelled' | 'transfer cancelled';
};

const DIAGNOSES = ['J18.1', 'I50.0', 'S72.0', 'N39.0', 'A41.9', 'I63.9', 'J44.1', 'K80.2'];
const WARDS = ['W12', 'W14', 'W21', 'W27', 'AMU', 'W31'];

/** The n-th life of a seed. */
export function lifeOf(seed: string, index: number): Life {
  const person = personOf(seed, index);
  const stays = staysOf(new Random(seed, index, 'stays'), person);
  return {
    person,
    medications: medicationsOf(new Random(seed, index, 'medications'), person),
    stays,
    // Care at home mostly follows a stay in hospital.
    referrals: referralsOf(
      new Random(seed, index, 'visits'),
      person,
      stays.at(-1)?.discharged?.day,
    ),
    packages: packagesOf(new Random(seed, index, 'support'), person, stays.at(-1)?.discharged?.day),
  };
}

/** The first `count` lives of a seed, one after the other: memory holds one. */
export function* lives({ seed, count }: { seed: string; count: number }): Generator<Life> {
  for (let index = 0; index < count; index++) yield lifeOf(seed, index);
}

function medicationsOf(random: Random, person: Person): Medication[] {
  const count = random.int(1, ageOn(person, TODAY) > 64 ? 5 : 2);
  return Array.from({ length: count }, (_, position): Medication => {
    const product = MEDICATIONS[(random.int(0, 2) + position * 2) % MEDICATIONS.length]!;
    const started = Math.max(person.born + 30, TODAY - random.int(20, 1500));
    const over = !product.repeat && random.chance(0.7);
    const stopped = product.repeat && random.chance(0.1);
    return {
      id: `${person.practice.toLowerCase()}-${person.id}-${position}`,
      product,
      recordedAs: random.chance(0.3) ? 'request' : 'statement',
      status: over ? 'completed' : stopped ? 'stopped' : 'active',
      started,
      ended: over ? Math.min(TODAY, started + 7) : stopped ? random.int(started, TODAY) : null,
      quantity: random.pick([21, 28, 56, 100]),
    };
  });
}

function staysOf(random: Random, person: Person): Stay[] {
  if (!random.chance(0.45)) return [];
  const count = random.chance(0.2) ? 2 : 1;
  let from = Math.max(person.born + 1, TODAY - 400);
  return Array.from({ length: count }, (_, position) => {
    const stay = stayOf(random, `S${person.id}-${position + 1}`, from + random.int(1, 120));
    from = (stay.discharged?.day ?? from) + 1;
    return stay;
  }).filter(({ discharged }, position, all) => discharged !== null || position === all.length - 1);
}

function stayOf(random: Random, spell: string, day: Day): Stay {
  const admitted = momentOn(random, day);
  const nights = random.int(1, 12);
  const ward = random.pick(WARDS);
  const moves = nights > 1 && random.chance(0.4);
  return {
    spell,
    admitted,
    discharged: random.chance(0.92) ? momentOn(random, day + nights) : null,
    emergency: random.chance(0.7),
    ward,
    movedTo: moves ? { ward: `${ward}B`, at: momentOn(random, day + 1) } : null,
    diagnosis: random.pick(DIAGNOSES),
    unidentified: random.chance(0.05),
    story: random.chance(0.7)
      ? 'plain'
      : random.pick([
          'updated',
          'admission cancelled',
          'discharge cancelled',
          'transfer cancelled',
        ]),
  };
}

const momentOn = (random: Random, day: Day): Moment => ({
  day,
  hour: random.int(7, 22),
  minute: random.int(0, 59),
});
