import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { SensitiveCodes } from './sensitive-codes.js';

const SNOMED_CT = 'http://snomed.info/sct';
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
    for (const some of [codes, new SensitiveCodes()])
      expect(some.of('http://hl7.org/fhir/sid/icd-10-uk')?.('b20')).toBe(true);
    expect(new SensitiveCodes().of(SNOMED_CT)).toBeNull();
    expect(codes.of('https://digital.nhs.uk/hrg4plus')).toBeNull();
  });

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
