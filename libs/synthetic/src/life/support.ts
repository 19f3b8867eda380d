import type { Random } from '../random.js';
import type { Day } from './day.js';
import { ageOn, TODAY } from './person.js';
import type { Person } from './person.js';

/** A service that the council arranges. */
export type CarePackage = {
  reference: string;
  started: Day;
  ended: Day | null;
  serviceType: string;
  component: string;
  mechanism: string;
  provider: { id: string; name: string };
  unitCost: number;
  unitsPerWeek: number;
  outcome: string;
  note: string;
};

const SERVICES = [
  {
    serviceType: 'Short term support: ST-Max',
    component: 'Reablement',
    cost: 24.5,
    units: 10.5,
    days: 42,
  },
  {
    serviceType: 'Long term support: Community',
    component: 'Home support',
    cost: 22.75,
    units: 14,
    days: 0,
  },
  {
    serviceType: 'Long term support: Community',
    component: 'Day support',
    cost: 61.2,
    units: 2,
    days: 0,
  },
  {
    serviceType: 'Long term support: Residential care',
    component: 'Long term residential care',
    cost: 845,
    units: 1,
    days: 0,
  },
] as const;
const PROVIDERS = ['Willow Home Care', 'The Cedars', 'Harbour Support', 'Fosse Way Care'];
const NOTES = [
  '',
  'Morning and evening call',
  'Key safe fitted, see plan',
  'Prefers "Peggy"',
  'Two carers\nfor transfers',
];

/** The care a council gives: to one adult in twelve, more often in old age and most often after hospital. */
export function packagesOf(random: Random, person: Person, leftHospital?: Day): CarePackage[] {
  const age = ageOn(person, TODAY);
  if (age < 18 || !random.chance(age > 64 ? (leftHospital ? 0.6 : 0.25) : 0.08)) return [];
  return Array.from({ length: random.chance(0.2) ? 2 : 1 }, (_, position) => {
    const service = SERVICES[(random.int(0, 3) + position) % SERVICES.length]!;
    const started = Math.min(TODAY - 1, leftHospital ?? TODAY - random.int(5, 700));
    const ended =
      service.days > 0 && started + service.days <= TODAY ? started + service.days : null;
    const number = random.int(0, 3);
    return {
      reference: `SV${person.id}-${position + 1}`,
      started,
      ended,
      serviceType: service.serviceType,
      component: service.component,
      mechanism: random.pick([
        'Direct payment',
        'CASSR managed personal budget',
        'CASSR commissioned support',
      ]),
      provider: { id: `1-${1_010_000_100 + number}`, name: PROVIDERS[number]! },
      unitCost: service.cost,
      unitsPerWeek: service.units,
      outcome:
        ended === null ? 'Continuation of support or services' : 'NFA: Support ended as planned',
      note: random.pick(NOTES),
    };
  });
}
