import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { SensitiveCodes } from './sensitive-codes.js';

const SNOMED_CT = 'http://snomed.info/sct';
const ICD_10 = 'http://hl7.org/fhir/sid/icd-10-uk';
const folder = mkdtempSync(join(tmpdir(), 'caremesh-codes-'));
const fileOf = (content: string) => {
  const file = join(folder, `${content.length}.json`);
  writeFileSync(file, content);
  return file;
};

describe('sensitive codes', () => {
  test('of SNOMED CT are those of the file, of ICD-10 those known here, with a file or without', () => {
    const codes = SensitiveCodes.from(fileOf(JSON.stringify({ [SNOMED_CT]: ['165816005'] })));
    expect(codes.of(SNOMED_CT)?.('165816005')).toBe(true);
    expect(codes.of(SNOMED_CT)?.('1658160051')).toBe(false);
    for (const some of [codes, new SensitiveCodes()]) expect(some.of(ICD_10)?.('b20')).toBe(true);
    expect(new SensitiveCodes().of(SNOMED_CT)).toBeNull();
    expect(codes.of('https://digital.nhs.uk/hrg4plus')).toBeNull();
  });

  test('of ICD-10 are told by a digest without a file too: another version of this service may leave out others', () => {
    expect(new SensitiveCodes().digestOf([SNOMED_CT])).toBe('');
    expect(new SensitiveCodes().digestOf([ICD_10, SNOMED_CT])).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each(['A56.0', 'O98.7', 'o987', 'Z114', 'N98.1', 'O07.4', 'Z20.2', 'N74.3'])(
    'of ICD-10 are those that say as much in another chapter: %s',
    (code) => expect(new SensitiveCodes().of(ICD_10)?.(code)).toBe(true),
  );

  test.each(['O98.0', 'O98.4', 'O03.9', 'Z11.5', 'Z20.5', 'N96', 'N74.1', 'K67.3', 'A49.9', 'A65'])(
    'are not their neighbours: %s',
    (code) => expect(new SensitiveCodes().of(ICD_10)?.(code)).toBe(false),
  );

  test.each([
    'no json',
    '{}',
    `{"${SNOMED_CT}":[]}`,
    `{"${SNOMED_CT}":["A50"]}`,
    `{"${SNOMED_CT}":["165816005"],"http://other":["1"]}`,
  ])('are not read from a file such as %s', (content) => {
    expect(() => SensitiveCodes.from(fileOf(content))).toThrow(
      expect.objectContaining({ code: 'MESH-4110' }) as Error,
    );
  });

  test('are not read from a file that is not there', () => {
    expect(() => SensitiveCodes.from(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'MESH-4110' }) as Error,
    );
  });
});
