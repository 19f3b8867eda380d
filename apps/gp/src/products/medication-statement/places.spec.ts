import { statedFields } from '@caremesh/testing';
import { expect, it } from 'vitest';
import { places } from './places.js';

it('every field has its place in the source, but those that have several or none', () => {
  const paths = statedFields('gp', 'medication-statement');
  expect(paths.filter((path) => !(path in places))).toEqual([
    ...['publisherOds', 'dmdLevel', 'doseText', 'patientInstruction', 'doseValue', 'doseUnit'],
    ...['doseRouteCode', 'asNeeded', 'effectiveStart', 'firstIssued', 'prescribingOds'],
    ...['prescribingAgency', 'transferDegraded'],
  ]);
  expect(Object.keys(places).filter((path) => !paths.includes(path))).toEqual([]);
});
