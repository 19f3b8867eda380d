import { describe, expect, it } from 'vitest';
import { paperErrors } from './papers.js';

const now = new Date('2026-11-29T10:00:00Z');
const dpia = (date: string) => ({ dpia: { reference: 'DPIA-7', date } });
const dspt = (year: string) => ({ dspt: { status: 'met' as const, year } });
const retention = (period: string) => ({ retention: { period, eraseWithdrawn: false } });
const found = (given: object, on = now) =>
  paperErrors(given, on).map(({ path, code }) => `${path} ${code}`);

describe('the papers of a request', () => {
  it.each([
    {},
    dpia('2026-11-29'),
    dpia('2018-05-25'),
    dspt('2026/27'),
    dspt('2025-26'),
    dspt('2025/2026'),
    dspt('2025'),
    retention('P0D'),
    retention('P25Y'),
    retention('P99Y11M'),
    retention('P100Y'),
  ])('are taken with %j', (given) => {
    expect(found(given)).toEqual([]);
  });

  it.each([
    [dpia('2099-01-01'), '$.dpia.date'],
    [dpia('2018-05-24'), '$.dpia.date'],
    [dspt('1999/00'), '$.dspt.year'],
    [dspt('2024/25'), '$.dspt.year'],
    [dspt('2027/28'), '$.dspt.year'],
    [dspt('2025/27'), '$.dspt.year'],
    [dspt('last year'), '$.dspt.year'],
    [retention('P900Y'), '$.retention.period'],
    [retention('P100Y1D'), '$.retention.period'],
    [retention('P36600D'), '$.retention.period'],
  ])('are refused with %j', (given, path) => {
    expect(found(given)).toEqual([`${path} MESH-3711`]);
  });

  it('are of a toolkit year that begins in July', () => {
    const june = new Date('2027-06-30T10:00:00Z');
    const july = new Date('2027-07-01T10:00:00Z');
    expect([found(dspt('2025/26'), june), found(dspt('2027/28'), june)]).toEqual([
      [],
      ['$.dspt.year MESH-3711'],
    ]);
    expect([found(dspt('2025/26'), july), found(dspt('2027/28'), july)]).toEqual([
      ['$.dspt.year MESH-3711'],
      [],
    ]);
  });
});
