import { createHash } from 'node:crypto';
import { lives } from '@caremesh/synthetic';
import { describe, expect, test } from 'vitest';
import { Originals } from './originals.js';

const people = [...lives({ seed: 'originals', count: 40 })];
const originals = new Originals(people);
const { person, medications } = people[0]!;

describe('what the sources said of somebody', () => {
  test('is found by kind, each text once', () => {
    const record = `${person.nhsNumber} ${person.address.postcode} ${medications[0]!.id} ${person.nhsNumber}`;
    expect(originals.inRecord(Buffer.from(record))).toEqual({
      'NHS number': 1,
      postcode: 1,
      'local identifier': 1,
    });
  });

  test('is found in the forms it may take', () => {
    const n = person.nhsNumber;
    const grouped = `${n.slice(0, 3)} ${n.slice(3, 6)} ${n.slice(6)}`;
    const hash = createHash('sha256').update(n).digest('hex');
    for (const text of [grouped, hash, `id=00${n}`])
      expect(originals.inRecord(Buffer.from(text))).toEqual({ 'NHS number': 1 });
    expect(originals.inProse(Buffer.from(`at 17${n}4`))).toEqual({});
  });

  test('a name is a word of its own', () => {
    expect(originals.namesIn(`${person.given} and ${person.family.toUpperCase()}`)).toBe(2);
    expect(originals.namesIn(`x2${person.given.toLowerCase()}3x`)).toBe(0);
  });

  test('in a log it takes both names', () => {
    expect(
      originals.fullNamesIn(`${person.family.toUpperCase()}^${person.given.toUpperCase()}`),
    ).toBe(1);
    expect(originals.fullNamesIn(`Price per week, ${person.given}`)).toBe(0);
  });

  test('of nobody else nothing is known', () => {
    const { person: other } = [...lives({ seed: 'another', count: 1 })][0]!;
    expect(originals.inRecord(Buffer.from(`${other.nhsNumber} ${other.hospitalNumber}`))).toEqual(
      {},
    );
  });
});
