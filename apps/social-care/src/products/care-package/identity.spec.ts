import { expect, it } from 'vitest';
import { identifies } from './identity.js';

const HELD = {
  eventReference: 'S1',
  startDate: 20_635,
  endDate: null,
  clientType: 'Service user',
  serviceType: 'Long term support: Community',
  serviceComponent: 'Home Support',
  unitCost: 20.5,
};

it.each([
  [{}, true],
  [{ endDate: 20_700, unitCost: 21 }, true],
  [{ serviceComponent: 'Day Support' }, false],
  [{ serviceComponent: null }, false],
  [{ serviceType: 'Long term support: Nursing care' }, false],
  [{ clientType: 'Unpaid carer' }, false],
  [{ startDate: 20_636 }, false],
])('a service with %j is the same one: %s', (changes, same) => {
  expect(identifies.isSame(HELD, { ...HELD, ...changes })).toBe(same);
});

it('a component never stated is none, whichever way it is said', () => {
  const { serviceComponent: _, ...unstated } = HELD;
  expect(identifies.isSame({ ...HELD, serviceComponent: null }, unstated)).toBe(true);
});
