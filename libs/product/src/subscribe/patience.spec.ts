import { describe, expect, test } from 'vitest';

import { backOff, isOutage, pause } from './patience.js';

const coded = (code: string) => Object.assign(new Error('x'), { code });

describe('patience', () => {
  test.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '08006', '40001', '53300', '25006', '58030'])(
    '%s says nothing about the record and is waited out',
    (code) => expect(isOutage(coded(code))).toBe(true),
  );
  test.each(['23505', '22P02', 'MESH-2805', 'ERR_INVALID_ARG_TYPE'])(
    '%s is a fault of handler or record',
    (code) => expect(isOutage(coded(code))).toBe(false),
  );
  test('a problem that says it is retriable is waited out, one that says it is not is not', () => {
    expect(isOutage(Object.assign(new Error('x'), { retriable: true }))).toBe(true);
    expect(isOutage(Object.assign(new Error('x'), { retriable: false }))).toBe(false);
    expect(isOutage('text')).toBe(false);
  });
  test('waits double, up to the most, never less than three quarters of it', () => {
    const waits = [0, 1, 2, 10].map((attempt) => backOff(attempt, 100, 1_000));
    [100, 200, 400, 1_000].forEach((full, index) => {
      expect(waits[index]).toBeLessThanOrEqual(full);
      expect(waits[index]).toBeGreaterThanOrEqual(full * 0.75);
    });
  });
  test('a wait ends at once when it is told to stop', async () => {
    const begun = Date.now();
    await pause(60_000, AbortSignal.abort());
    expect(Date.now() - begun).toBeLessThan(1_000);
  });
});
