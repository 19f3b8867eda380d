import { expect, it } from 'vitest';
import { shownId } from './shown-id.js';

it.each([
  ['9434765919', []],
  ['EVT 943 476 5919', []],
  ['MedicationStatement/943-476-5919', []],
  ['9434765910', ['9434765910']],
  ['EVT-943-476-5910', ['943 476 5910']],
  ['SVC10023-1', ['10023']],
  ['ev-p12', ['P12']],
  [' ', []],
])('%s tells who it is about, or nothing', (id, people) => {
  expect(shownId(id, people)).toBeNull();
});

it.each([
  ['20260215093000123', []],
  ['1234567890', []],
  ['f47ac10b-58cc-4372-a567-0e02b2c3d479', []],
  ['ABC-12', ['', '12', null]],
  ['p123-1', ['P12']],
])('%s may be shown', (id, people) => {
  expect(shownId(id, people)).toBe(id);
});
