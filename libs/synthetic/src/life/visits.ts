import type { Random } from '../random.js';
import type { Day, Moment } from './day.js';
import { TODAY } from './person.js';
import type { Person } from './person.js';

/** A referral to a community service and the contacts that came of it. */
export type Referral = {
  id: string;
  received: Day;
  /** SOURCE OF REFERRAL FOR COMMUNITY: 01 is the practice, 05 the hospital's ward. */
  source: '01' | '05';
  discharged: Day | null;
  contacts: Contact[];
};
export type Contact = {
  id: string;
  at: Moment;
  /** About half of the contacts in national returns have no attendance. */
  attendance: string | null;
  /** CONSULTATION MECHANISM (COMMUNITY CARE): 01 face to face, 02 telephone, 11 video. */
  mechanism: '01' | '02' | '11';
  minutes: number;
  first: boolean;
  activities: Activity[];
};
export type Activity = {
  id: string;
  type: string;
  procedure: string | null;
  observation: { code: string; value: string; unit: string } | null;
};

/** SNOMED CT: wound care, education, administration of a medicine. */
const PROCEDURES = ['225358003', '409073007', '18629005'];
const OBSERVATIONS: ((random: Random) => Activity['observation'])[] = [
  (random) => ({ code: '27113001', value: (random.int(450, 990) / 10).toFixed(1), unit: 'kg' }),
  (random) => ({ code: '271649006', value: String(random.int(105, 178)), unit: 'mm[Hg]' }),
  (random) => ({ code: '364075005', value: String(random.int(54, 102)), unit: '/min' }),
];

/** Referrals to community services with their contacts: of one in three, of four in five after hospital. */
export function referralsOf(random: Random, person: Person, leftHospital?: Day): Referral[] {
  if (!random.chance(leftHospital ? 0.8 : 0.35)) return [];
  const received = Math.min(TODAY - 2, leftHospital ?? TODAY - random.int(10, 300));
  const id = `SR${person.id}`;
  const count = random.int(1, 8);
  const contacts = Array.from({ length: count }, (_, position) =>
    contactOf(random, `CC${person.id}-${position + 1}`, received, position),
  ).filter(({ at }) => at.day <= TODAY);
  const over = contacts.length === count && random.chance(0.6);
  // The last of them in time need not be the last that was planned.
  const last = Math.max(...contacts.map(({ at }) => at.day));
  return [
    { id, received, source: leftHospital ? '05' : '01', discharged: over ? last : null, contacts },
  ];
}

/** ATTENDANCE STATUS: did not attend, and cancelled by the provider. */
const NOBODY_SEEN: ReadonlySet<string | null> = new Set(['3', '4']);

function contactOf(random: Random, id: string, received: Day, position: number): Contact {
  const day = received + 1 + position * random.int(2, 7);
  const contact: Contact = {
    id,
    at: { day, hour: random.int(8, 18), minute: random.pick([0, 15, 30, 45]) },
    attendance: random.chance(0.46) ? random.pick(['5', '5', '5', '5', '6', '3', '4']) : null,
    mechanism: random.pick(['01', '01', '01', '01', '02', '11']),
    minutes: random.int(2, 12) * 5,
    first: position === 0,
    activities: Array.from({ length: random.int(0, 2) }, (_, each) =>
      activityOf(random, `${id}-${each + 1}`),
    ),
  };
  // Drawn all the same, so that the contacts after this one stay as they are.
  return NOBODY_SEEN.has(contact.attendance) ? { ...contact, activities: [] } : contact;
}

function activityOf(random: Random, id: string): Activity {
  const measured = random.chance(0.4);
  return {
    id,
    type: measured ? '01' : random.pick(['02', '03', '04']),
    procedure: measured ? null : random.pick(PROCEDURES),
    observation: measured ? random.pick(OBSERVATIONS)(random) : null,
  };
}
