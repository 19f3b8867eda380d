import { expect, it } from 'vitest';

import { isDatabaseAway } from './away.js';

const coded = (code: string) => Object.assign(new Error('x'), { code });

it.each([
  ...['08000', '08006', '53100', '53200', '53300', '57P01', '57P02', '57P03', '57P05', '58030'],
  ...['25006', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
])('is away: %s, whoever wraps it', (code) => {
  const wrapped = Object.assign(new Error('x'), { driverError: coded(code) });
  expect([coded(code), wrapped].map(isDatabaseAway)).toEqual([true, true]);
});

it.each(['23505', '25001', '40001', '40P01', '42P01', '57014', '57P04', 'ERR_X', 'ENOENT'])(
  'is at hand: %s',
  (code) => expect(isDatabaseAway(coded(code))).toBe(false),
);

it.each([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
])('is away by the words of the driver: %s', (words) => {
  expect(isDatabaseAway(new Error(words))).toBe(true);
});

it('is told of errors alone, and a code counts for more than words', () => {
  const words = 'Connection terminated unexpectedly';
  expect(isDatabaseAway(words)).toBe(false);
  expect(isDatabaseAway(Object.assign(new Error(words), { code: '42P01' }))).toBe(false);
});
