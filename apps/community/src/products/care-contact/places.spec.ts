import { statedFields } from '@caremesh/testing';
import { expect, it } from 'vitest';
import { places } from './places.js';

it('every field has its place in the source, but those that it does not state', () => {
  const paths = statedFields('community', 'care-contact');
  expect(paths.filter((path) => !(path in places))).toEqual(['commissionerOds', 'gpPracticeOds']);
  expect(Object.keys(places).filter((path) => !paths.includes(path))).toEqual([]);
});
