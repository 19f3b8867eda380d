import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { PURPOSES } from '../promise/data-contract.js';
import { choiceApplies } from './decide.js';
import { choicesPage } from './page.js';
import { COMMON_LAW, DATA_KINDS, EXEMPTIONS } from './question.js';
import type { Use } from './question.js';
import { CHOICES, RULES } from './table.js';
import type { Choice } from './table.js';

const research: Use = { purpose: 'research', commonLaw: 's251', data: 'confidential' };

/** Every question there is. */
const uses: Use[] = PURPOSES.flatMap((purpose) =>
  COMMON_LAW.flatMap((commonLaw) =>
    DATA_KINDS.flatMap((data) =>
      [null, ...EXEMPTIONS].map((exemption) => ({ purpose, commonLaw, data, exemption })),
    ),
  ),
);

describe('the decision table', () => {
  test.each<[Partial<Use>, boolean, string]>([
    [{}, true, 'confidential'],
    [{ purpose: 'audit' }, true, 'confidential'],
    [{ purpose: 'individual-care', commonLaw: 'direct-care' }, false, 'care'],
    [{ commonLaw: 'consent' }, false, 'consent'],
    [{ commonLaw: 'statute' }, false, 'required-by-law'],
    [{ commonLaw: 'not-confidential' }, false, 'not-confidential'],
    [{ data: 'anonymised' }, false, 'anonymised'],
    [{ data: 'nobody' }, false, 'nobody'],
    [{ exemption: 'communicable-disease' }, false, 'communicable-disease'],
    [{ exemption: 'public-interest' }, false, 'public-interest'],
    [{ exemption: 'policy' }, false, 'policy'],
    // Implied consent of direct care covers no other purpose: it exempts nothing.
    [{ commonLaw: 'direct-care' }, true, 'confidential'],
  ])('national data opt-out, %o: applies %s', (differing, applies, rule) => {
    expect(choiceApplies('national', { ...research, ...differing })).toMatchObject({
      applies,
      rule,
    });
  });

  test('no legal basis and no exemption lets Type 1 data out of a practice, but for care', () => {
    const applying = uses.filter((use) => choiceApplies('type-1', use).applies);
    expect(applying).toEqual(
      uses.filter(({ purpose, data }) => purpose !== 'individual-care' && data !== 'nobody'),
    );
  });

  test('dissent to sharing is about care alone', () => {
    const applying = uses.filter((use) => choiceApplies('dissent', use).applies);
    expect(applying).toEqual(uses.filter(({ purpose }) => purpose === 'individual-care'));
  });

  test('of 360 uses the national opt-out applies to 10: confidential, not exempt, under s251 or no route at all', () => {
    const applying = uses.filter((use) => choiceApplies('national', use).applies);
    expect([uses.length, applying.length]).toEqual([360, 10]);
    expect(new Set(applying.map(({ commonLaw }) => commonLaw))).toEqual(
      new Set(['direct-care', 's251']),
    );
  });

  test('every rule decides some use, and each choice ends with one for every use', () => {
    for (const choice of Object.keys(CHOICES) as Choice[]) {
      const own = RULES.filter((rule) => rule.choice === choice);
      const decided = new Set(uses.map((use) => choiceApplies(choice, use).rule));
      expect([...decided].sort()).toEqual(own.map(({ name }) => name).sort());
      expect(uses.every(own.at(-1)!.when)).toBe(true);
    }
  });

  test('the guide shows this very table', () => {
    const page = readFileSync(
      join(import.meta.dirname, '../../../../docs/guide/choices.md'),
      'utf8',
    );
    expect(page).toContain(choicesPage());
  });
});
