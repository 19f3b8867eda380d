import { expect, it } from 'vitest';
import { carePackage } from './product.js';

const { isSame, place } = carePackage.identifies!;

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
  expect(isSame(HELD, { ...HELD, ...changes })).toBe(same);
});

it('a component never stated is none, whichever way it is said', () => {
  const { serviceComponent: _, ...unstated } = HELD;
  expect(isSame({ ...HELD, serviceComponent: null }, unstated)).toBe(true);
});

it('what is refused for it is told at the reference', () => {
  expect(place).toBe('Event Reference');
});
