import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAULTS, IntakeRefused } from '@caremesh/product';
import { writeSources } from '@caremesh/synthetic';
import type { Label } from '@caremesh/synthetic';
import { afterAll, expect, it } from 'vitest';
import { source } from './sources/csds/csds.js';

const outDir = mkdtempSync(join(tmpdir(), 'caremesh-community-'));
afterAll(() => rmSync(outDir, { recursive: true }));

/** Code lists are the contract's: they are checked on the mapped record. */
const CHECKED_LATER = 'unknown-code';

const { files, labels } = writeSources({ seed: 'community', people: 150, outDir, faultShare: 0.1 });
const all = readFileSync(join(outDir, labels), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Label);
const expected = all.filter(
  ({ setting, kind }) => setting === 'community' && kind !== CHECKED_LATER,
);

async function codesOf(file: string, name: string, contentType: string): Promise<string[][]> {
  async function* body() {
    yield readFileSync(join(outDir, file));
  }
  async function* parts() {
    yield { name, contentType, body: body() };
  }
  const codes: string[][] = [];
  const input = { contentType: 'multipart/form-data', body: body(), parts: parts() };
  for await (const item of source.read({ ...input, environment: 'test' }))
    codes.push(item.outcome ? item.errors.map(({ code }) => code) : []);
  return codes;
}

it.each(files.filter(({ setting }) => setting === 'community'))(
  '$file: every good row is read, every labelled one refused under its code',
  async ({ file, part, contentType }) => {
    const wanted = expected.filter((label) => label.file === file);
    const whole = wanted.find(({ index }) => index === null);
    const reading = codesOf(file, part!, contentType);
    if (whole?.outcome === 'refused') {
      const thrown: unknown = await reading.catch((error: unknown) => error);
      expect((thrown as IntakeRefused).fault.code).toBe(whole.code);
      return;
    }
    const byIndex = new Map(wanted.map(({ index, code }) => [index, code]));
    for (const [index, codes] of (await reading).entries()) {
      const code = byIndex.get(index);
      expect([index, code ? codes.includes(code) : codes]).toEqual([index, code ? true : []]);
    }
  },
);

it('every label of every setting gives a code of the closed list', () => {
  const codes = new Set(Object.values(FAULTS).map(({ code }) => code));
  expect(all.filter(({ code }) => code !== null && !codes.has(code))).toEqual([]);
});
