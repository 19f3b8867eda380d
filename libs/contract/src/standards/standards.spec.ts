import { describe, expect, it } from 'vitest';
import { STANDARD_SCHEMA } from '../promise/schemas.gen.js';
import type { Loose } from '../published.fixture.js';
import { demandOf } from './applies.js';
import { isStandardMove, STANDARD_MOVES } from './lifecycle.js';
import { readStandard } from './read-standard.js';
import { seed, seedFiles, seeds } from './seeds.fixture.js';
import {
  CARE_SETTINGS,
  namesOf,
  STANDARD_STATES,
  STANDARD_TYPES,
  standardKey,
  USE_CASES,
} from './standard.js';

describe('the entries the catalogue begins with', () => {
  it('are 142, each as the schema describes and named after its identifier', () => {
    const files = seedFiles();
    expect(files.length).toBe(142);
    for (const { file, value } of files) {
      const { standard, findings } = readStandard(value);
      expect([file, findings]).toEqual([file, []]);
      expect(`${standard!.id.toLowerCase()}.json`).toBe(file);
    }
  });

  it('answer to names of their own, and build on entries that are there', () => {
    const names = seeds().flatMap(namesOf);
    expect(new Set(names).size).toBe(names.length);
    const named = seeds().flatMap(({ dependencies, successor }) =>
      successor === null ? dependencies : [...dependencies, successor],
    );
    expect(named.filter((id) => !names.includes(standardKey(id)))).toEqual([]);
  });

  it('cover every care setting and every use', () => {
    expect(new Set(seeds().flatMap(({ careSettings }) => careSettings))).toEqual(
      new Set(Object.keys(CARE_SETTINGS)),
    );
    expect(new Set(seeds().flatMap(({ useCases }) => useCases))).toEqual(
      new Set(Object.keys(USE_CASES)),
    );
  });

  it('use the vocabulary of the schema, which is the library’s', () => {
    const { properties, $defs } = JSON.parse(STANDARD_SCHEMA) as Loose;
    expect($defs.careSetting.enum).toEqual(Object.keys(CARE_SETTINGS));
    expect(properties.useCases.items.enum).toEqual(Object.keys(USE_CASES));
    expect(properties.type.enum).toEqual(Object.keys(STANDARD_TYPES));
    expect(properties.state.enum).toEqual(STANDARD_STATES);
  });
});

const FAULTS: [string, Loose, string][] = [
  ['without a title', { title: undefined }, 'standard# MESH-1740'],
  ['with a field nobody knows', { approvedBy: 'me' }, 'standard# MESH-1740'],
  ['of a state nobody knows', { state: 'approved' }, 'standard#state MESH-1740'],
  ['with a date that is none', { effectiveFrom: '2026-13-01' }, 'standard#effectiveFrom MESH-1740'],
  [
    'with a rule of no kind there is',
    { rules: [{ name: 'x', kind: 'regex', words: ['a'] }] },
    'standard#rules[0].kind MESH-1740',
  ],
  [
    'mandated by no law',
    { mandation: { status: 'mandated', legalBasis: null, notice: null } },
    'standard#mandation.legalBasis MESH-1741',
  ],
  ['retired and mandated', { state: 'retired' }, 'standard#mandation.status MESH-1741'],
  [
    'due before it takes effect',
    { effectiveFrom: '2026-02-01', conformanceDate: '2026-01-01' },
    'standard#conformanceDate MESH-1741',
  ],
  ['that builds on itself', { dependencies: ['NHS number'] }, 'standard#dependencies MESH-1741'],
];

describe('an entry', () => {
  it.each(FAULTS)('%s is refused, and told why', (_, change, expected) => {
    const value = JSON.parse(JSON.stringify({ ...seed('ISB0149'), ...change })) as unknown;
    const { standard, findings } = readStandard(value);
    expect(standard).toBeNull();
    expect(findings.map(({ path, code }) => `${path} ${code}`)).toContain(expected);
    for (const { fix } of findings) expect(fix).toMatch(/\.$/);
  });

  it('moves by the table alone', () => {
    const before = seed('fhir-uk-core');
    const to = (state: Loose) => readStandard({ ...before, state }, before).findings.length === 0;
    expect(STANDARD_STATES.filter(to)).toEqual(['draft', 'trial', 'active', 'retired']);
    expect(isStandardMove('retired', 'active')).toBe(false);
    expect(isStandardMove('active', 'retired')).toBe(false);
    expect(STANDARD_MOVES.retired).toEqual([]);
  });
});

describe('what a standard asks on a day', () => {
  const standard = seed('ISB0149');
  it.each([
    ['mandated, in use, without a date', standard, 'now'],
    ['due on that day', { ...standard, conformanceDate: '2026-11-25' }, 'now'],
    ['due on the next', { ...standard, conformanceDate: '2026-11-26' }, 'coming'],
    [
      'a draft that will be due',
      { ...standard, state: 'draft', conformanceDate: '2027-01-01' },
      'coming',
    ],
    ['a draft without a date', { ...standard, state: 'draft' }, 'nothing'],
    ['not mandated', seed('fhir-uk-core'), 'nothing'],
    ['retired', { ...standard, state: 'retired' }, 'nothing'],
  ] as [string, typeof standard, string][])('%s', (_, one, expected) => {
    expect(demandOf(one, '2026-11-25')).toBe(expected);
  });
});
