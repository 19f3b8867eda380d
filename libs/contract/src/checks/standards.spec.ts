import { describe, expect, it } from 'vitest';
import {
  changed,
  custom,
  property,
  publishedFolders,
  readFolder,
  without,
  type Loose,
} from '../published.fixture.js';
import { seed, seeds } from '../standards/seeds.fixture.js';
import type { Standard } from '../standards/standard.js';
import type { Check, CheckContext, WaiverInForce } from './check.js';
import { checkVersion } from './check-version.js';
import { POLICIES } from './policies.js';
import { isWaivable } from './waivers.js';

const TODAY = '2026-11-25';
const all = seeds();
const asked = (more: readonly Standard[] = all): CheckContext => ({
  standards: { today: TODAY, all: more },
});

/** Name, severity and code of every failed check. */
function failures(contract: (odcs: Loose) => void, context: CheckContext = asked()): string[] {
  return failedOf(checkVersion(changed({ contract }), context));
}

function failedOf(checks: Check[]): string[] {
  return checks
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ name, severity, code }) => `${name} ${severity} ${code}`);
}

const nothing = () => undefined;
const drop = (id: string) => (odcs: Loose) => {
  const standards = custom(odcs, 'standards');
  standards.value = standards.value.filter((one: Loose) => one.id !== id);
};
const add = (id: string) => (odcs: Loose) =>
  custom(odcs, 'standards').value.push({ id, title: 'Another standard' });

describe('the published contracts', () => {
  it.each(publishedFolders())('%s conforms to what is mandated in its care setting', (folder) => {
    const checks = checkVersion(readFolder(folder), asked());
    expect(
      checks.filter(({ outcome, severity }) => outcome === 'failed' && severity !== 'informs'),
    ).toEqual([]);
    expect(checks.filter(({ name }) => name.includes('/')).length).toBeGreaterThan(2);
  });
});

describe('a standard of the catalogue', () => {
  it('that is mandated blocks when the contract does not conform, and says what to do', () => {
    const failed = checkVersion(changed({ contract: drop('ISB0149') }), asked()).filter(
      ({ outcome, severity }) => outcome === 'failed' && severity === 'blocks',
    );
    expect(failed).toEqual([
      {
        name: 'standards-mandated',
        severity: 'blocks',
        outcome: 'failed',
        path: 'contract.odcs.yaml#customProperties',
        reason:
          'ISB0149 (NHS Number) is in force in general-practice (Health and Social Care Act 2012, section 250 (information standards notice)), and the contract does not say that the product conforms.',
        fix: expect.stringContaining('mesh standard show ISB0149'),
        code: 'MESH-1746',
      },
    ]);
  });

  it('whose conformance date is coming warns until the day', () => {
    const coming = (conformanceDate: string) =>
      all.map((one) => (one.id === 'ISB0149' ? { ...one, conformanceDate } : one));
    expect(failures(drop('ISB0149'), asked(coming('2026-11-26')))).toContain(
      'standards-mandated warns MESH-1747',
    );
    expect(failures(drop('ISB0149'), asked(coming(TODAY)))).toContain(
      'standards-mandated blocks MESH-1746',
    );
  });

  it('reaches the care settings it is for, and products that hold what it is about', () => {
    const elsewhere = all.map((one) =>
      one.id === 'ISB0149' ? { ...one, careSettings: ['dentistry' as const] } : one,
    );
    expect(failures(drop('ISB0149'), asked(elsewhere))).not.toContain(
      'standards-mandated blocks MESH-1746',
    );
    expect(failures(nothing).join()).not.toContain('standards-mandated');
  });

  it('may be a draft, which is said; a retired one blocks; an unknown one warns', () => {
    expect(failures(nothing)).toEqual(['standards-mature informs MESH-1745']);
    expect(failures(add('ISB0005'))).toContain('standards-known blocks MESH-1743');
    expect(failures(add('care-connect'))).toContain('standards-known warns MESH-1744');
    expect(failures(add('ISO 9001'))).toContain('standards-known warns MESH-1742');
  });

  it('has its rules run as checks of their own', () => {
    expect(failures((odcs) => without(property(odcs, 'nhsNumberStatus'), 'role'))).toContain(
      'ISB0149/nhs-number-typed blocks MESH-1748',
    );
    const other = (odcs: Loose) =>
      (custom(property(odcs, 'medicationCode'), 'codes').value.system = 'urn:local:medicines');
    expect(failures(other)).toContain('SCCI0052/medicine-coded blocks MESH-1748');
    const unversioned = (odcs: Loose) =>
      delete custom(odcs, 'standards').value.find((one: Loose) => one.id === 'UK Core').version;
    expect(failures(unversioned)).toContain('fhir-uk-core/version-stated warns MESH-1748');
    const lacking: Standard = {
      ...seed('DCB0090'),
      rules: [{ name: 'dispensed', kind: 'fields-present', groups: [['dispensedAt', 'supplied']] }],
    };
    expect(failures(nothing, asked([lacking]))).toContain('DCB0090/dispensed blocks MESH-1748');
  });

  it('asks that an opt-out can reach whom it is about', () => {
    const anonymous = (odcs: Loose) => without(property(odcs, 'nhsNumber'), 'role');
    expect(failures(anonymous)).toContain('DCB3058/opt-out-matchable blocks MESH-1748');
  });
});

describe('what a contract says about itself', () => {
  it.each([
    [
      'calls a diagnosis nothing special',
      (odcs: Loose) => (property(odcs, 'ethnicCategory').classification = 'none'),
      'sensitive-named blocks MESH-1749',
    ],
    [
      'calls gender no quasi-identifier',
      (odcs: Loose) => (property(odcs, 'administrativeGender').classification = 'none'),
      'sensitive-named blocks MESH-1750',
    ],
    [
      'names no article 9 condition',
      (odcs: Loose) => (custom(odcs, 'legalBasis').value[0].article9 = 'not-special-category'),
      'legal-basis-fits blocks MESH-1751',
    ],
    [
      'takes direct care for research',
      (odcs: Loose) => (custom(odcs, 'legalBasis').value[4].commonLaw = 'direct-care'),
      'legal-basis-fits blocks MESH-1752',
    ],
    [
      'names a code system in its own words',
      (odcs: Loose) => (custom(property(odcs, 'status'), 'codes').value.system = 'FHIR status'),
      'codes-versioned blocks MESH-1753',
    ],
    [
      'binds codes to the latest version',
      (odcs: Loose) => (custom(property(odcs, 'status'), 'codes').value.version = 'latest'),
      'codes-versioned blocks MESH-1754',
    ],
  ] as [string, (odcs: Loose) => void, string][])('that %s is refused', (_, edit, expected) => {
    expect(failures(edit)).toContain(expected);
  });
});

describe('a waiver in force', () => {
  const waiver: WaiverInForce = {
    id: 'waiverabcdefgh',
    check: 'standards-mandated',
    about: 'ISB0149',
    until: '2027-01-01T00:00:00.000Z',
  };

  it('makes its check warn, and stands beside it', () => {
    const context = { ...asked(), waivers: [waiver] };
    const check = checkVersion(changed({ contract: drop('ISB0149') }), context).find(
      ({ name, outcome }) => name === 'standards-mandated' && outcome === 'failed',
    );
    expect(check).toMatchObject({
      severity: 'warns',
      outcome: 'failed',
      waiver: { id: waiver.id, until: waiver.until },
    });
  });

  it('does nothing for another check, another standard, or what may never be waived', () => {
    for (const other of [
      { ...waiver, about: 'ISB014' },
      { ...waiver, check: 'standards-known' },
    ])
      expect(failures(drop('ISB0149'), { ...asked(), waivers: [other] })).toContain(
        'standards-mandated blocks MESH-1746',
      );
    const keep = (odcs: Loose) => (custom(property(odcs, 'nhsNumber'), 'treatment').value = 'keep');
    const never = { ...waiver, check: 'field-classified', about: null };
    expect(failures(keep, { ...asked(), waivers: [never] })).toContain(
      'field-classified blocks MESH-1304',
    );
  });

  it('is possible for promises that take time, never for what protects a person', () => {
    expect(POLICIES.filter(({ waivable }) => waivable).map(({ name }) => name)).toEqual([
      'codes-bound',
      'codes-versioned',
      'freshness-promised',
      'completeness-promised',
      'standards-known',
      'standards-mandated',
    ]);
    expect(isWaivable('ISB0149/nhs-number-typed')).toBe(true);
    expect(isWaivable('../nhs')).toBe(false);
  });
});
