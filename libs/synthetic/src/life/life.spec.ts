import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adtMessages } from '../formats/adt.js';
import { cldLines } from '../formats/cld.js';
import { csdsLines } from '../formats/csds.js';
import { bundleOf } from '../formats/fhir.js';
import { lifeOf, lives } from './life.js';
import { nhsNumberOf } from './nhs-number.js';

/** Weights 10 down to 1 over all ten digits: a valid number leaves nothing (modulus 11). */
const remainder = (number: string): number =>
  [...number].reduce((sum, digit, at) => sum + Number(digit) * (10 - at), 0) % 11;

describe('an NHS number', () => {
  it('is of the test range, valid, and no placeholder', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), fc.nat(9_999_999), (index, offset) => {
        const number = nhsNumberOf(index, offset);
        expect(number).toMatch(/^9\d{9}$/);
        expect(remainder(number)).toBe(0);
        expect(number).not.toMatch(/^(\d)\1+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('is nobody else’s', () => {
    const numbers = new Set(Array.from({ length: 100_000 }, (_, index) => nhsNumberOf(index, 77)));
    expect(numbers.size).toBe(100_000);
  });
});

describe('a life', () => {
  it('is the same for ever, however many are lived', () => {
    expect([...lives({ seed: 's', count: 5 })][3]).toEqual(lifeOf('s', 3));
    expect(lifeOf('t', 3)).not.toEqual(lifeOf('s', 3));
  });

  it('is one person’s in every setting', () => {
    const known = [...lives({ seed: 's', count: 400 })].filter(
      ({ stays, referrals, packages }) =>
        stays.some(({ unidentified }) => !unidentified) && referrals.length && packages.length,
    );
    expect(known.length).toBeGreaterThan(20);
    for (const life of known) {
      const { nhsNumber: number, index } = life.person;
      const { CYP001 } = csdsLines(life);
      expect(JSON.stringify(bundleOf([life]))).toContain(number);
      expect(adtMessages(life).some(({ text }) => text.includes(`|${number}^^^NHS^NH`))).toBe(true);
      expect(CYP001[0]!.includes(number)).toBe(index % 50 !== 49);
      expect(cldLines(life)[0]!.text.includes(number)).toBe(index % 20 !== 19);
    }
  });

  it('has no contact after its referral was closed, and nothing done where nobody was seen', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.nat(5_000), (seed, index) => {
        for (const { received, discharged, contacts } of lifeOf(seed, index).referrals) {
          const days = contacts.map(({ at }) => at.day);
          expect(Math.min(...days)).toBeGreaterThan(received);
          if (discharged !== null) expect(discharged).toBe(Math.max(...days));
          for (const { attendance, activities } of contacts)
            if (attendance === '3' || attendance === '4') expect(activities).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('tells a stay in the order it happened, cancellations included', () => {
    const events = [...lives({ seed: 's', count: 2000 })].map((life) =>
      adtMessages(life).map(({ event }) => event),
    );
    expect(new Set(events.flat())).toEqual(
      new Set(['A01', 'A02', 'A03', 'A08', 'A11', 'A12', 'A13', 'A40']),
    );
    for (const [first] of events.filter((list) => list.length)) expect(first).toBe('A01');
    for (const life of lives({ seed: 's', count: 500 })) {
      const times = adtMessages(life).map(({ at }) => at.day * 1440 + at.hour * 60 + at.minute);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });
});
