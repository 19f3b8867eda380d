import { expect, it } from 'vitest';

import type { FieldPromise } from '../promise/data-contract.js';
import type { Subject } from './check.js';
import { identifiersTyped } from './identifiers-typed.js';

/** What is found of a field that says nothing but its name, and how it is classified. */
function found(name: string, more: Partial<FieldPromise> = {}): string[] {
  const field = { name, path: name, classification: 'none', freeText: false, ...more };
  const subject = { contract: { fields: [field] }, read: { places: new Map() } };
  return identifiersTyped.run(subject as unknown as Subject).map(({ code }) => code);
}

it.each([
  ...[
    'surname',
    'patientSurname',
    'familyName',
    'givenNames',
    'patientName',
    'firstName',
    'fullName',
  ],
  ...['phone', 'homePhone', 'telephoneNumber', 'patientTelephone', 'mobileNo', 'email', 'eMail'],
  ...['contactEmailAddress', 'address', 'homeAddress', 'patientAddressLine1', 'addressLines'],
])('a field called %s says who somebody is', (name) => {
  expect(found(name)).toEqual(['MESH-1330']);
  expect(found(name, { classification: 'direct-identifier' })).toEqual([]);
  expect(found(name, { freeText: true })).toEqual([]);
});

it.each([
  ...['medicationName', 'providerCqcLocationName', 'name', 'wardName', 'organisationName'],
  ...[
    'providerTelephone',
    'organisationEmail',
    'ipAddressFamily',
    'addressed',
    'nameless',
    'renamed',
  ],
])('a field called %s does not', (name) => {
  expect(found(name)).toEqual([]);
});

it.each([
  ...[
    'nhsNumber',
    'patientNhsNumber',
    'nhsNo',
    'patientNHSNo',
    'dob',
    'patientDob',
    'birthDate',
    'patientBirthDate',
  ],
  ...['dateOfBirth', 'motherDateOfBirth', 'homePostcode'],
])('a field called %s has a role', (name) => {
  expect(found(name)).toEqual(['MESH-1313']);
});

it.each(['blob', 'doB', 'knob'])('a field called %s has none', (name) => {
  expect(found(name)).toEqual([]);
});
