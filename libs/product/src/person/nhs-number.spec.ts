import fc from 'fast-check';
import { expect, it } from 'vitest';

import { FAULTS } from '../errors.js';
import type { FaultName } from '../errors.js';
import {
  hasValidCheckDigit,
  isNhsNumberStatus,
  isNhsNumberSystem,
  parseNhsNumber,
} from './nhs-number.js';

const codeOf = (name: FaultName) => FAULTS[name].code;

it('gives the ten digits, whatever separates them', () => {
  for (const text of ['9000000009', '900 000 0009', '900-000-0009', ' 900\u00a0000\u00a00009 ']) {
    expect(parseNhsNumber(text, 'test')).toEqual({ value: '9000000009' });
  }
});

it.each([
  ['', 'nhsNumberMalformed'],
  ['900000000', 'nhsNumberMalformed'],
  ['90000000091', 'nhsNumberMalformed'],
  ['90000O0009', 'nhsNumberMalformed'],
  ['9000000008', 'nhsNumberCheckDigit'],
  ['9999999999', 'nhsNumberRepeatedDigit'],
  ['3333333333', 'nhsNumberRepeatedDigit'],
  ['0101991231', 'nhsNumberIsChi'],
  ['3200000031', 'nhsNumberIsHealthAndCare'],
  ['5000000005', 'nhsNumberOutsideTestRange'],
] as const)('refuses %j as %s', (text, name) => {
  expect(parseNhsNumber(text, 'development').fault?.code).toBe(codeOf(name));
});

it('takes real numbers in production only', () => {
  expect(parseNhsNumber('5000000005', 'production')).toEqual({ value: '5000000005' });
  expect(parseNhsNumber('5000000005', 'test', '/x').fault).toMatchObject({ path: '/x' });
});

it('knows exactly one check digit, or none, for any nine digits, and repeats no digit of them in a fault', () => {
  /** With weight 1 for the check digit, the weighted sum of all ten is a multiple of 11. */
  const isMultiple = (digits: string) =>
    [...digits].reduce((sum, digit, at) => sum + Number(digit) * (10 - at), 0) % 11 === 0;
  fc.assert(
    fc.property(fc.integer({ min: 900_000_000, max: 999_999_998 }), (body) => {
      const all = Array.from({ length: 10 }, (_, digit) => `${body}${digit}`);
      expect(all.filter(hasValidCheckDigit)).toEqual(all.filter(isMultiple));
      for (const digits of all) {
        const { value, fault } = parseNhsNumber(digits, 'test');
        expect(value ?? fault?.code).toBe(
          isMultiple(digits) ? digits : codeOf('nhsNumberCheckDigit'),
        );
        if (fault) expect(JSON.stringify(fault)).not.toContain(String(body));
      }
    }),
  );
});

it('knows the national list of statuses', () => {
  expect(['01', '08', '00', '09', '1', ''].map(isNhsNumberStatus)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

it.each([
  ['https://fhir.nhs.uk/Id/nhs-number', true],
  ['http://fhir.nhs.uk/Id/nhs-number', true],
  ['https://fhir.nhs.uk/Id/nhs-number/', true],
  ['https://fhir.nhs.uk/id/nhs-number', true],
  ['http://fhir.nhs.net/Id/nhs-number', true],
  ['https://fhir.hl7.org.uk/Id/nhs-number', true],
  ['urn:oid:2.16.840.1.113883.2.1.4.1', true],
  ['https://fhir.nhs.uk/Id/nhs-number-verification-status', false],
  ['https://fhir.nhs.uk/Id/local-patient-identifier', false],
  ['https://example.org/?of=https://fhir.nhs.uk/Id/nhs-number', false],
  ['urn:oid:2.16.840.1.113883.2.1.4.10', false],
  [undefined, false],
])('of the system %s it is %s that its identifiers are NHS numbers', (system, known) => {
  expect(isNhsNumberSystem(system)).toBe(known);
});
