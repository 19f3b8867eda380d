import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Label } from './labels.js';
import { writeSources } from './write.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function written(seed: string, people: number, faultShare: number) {
  const outDir = mkdtempSync(join(tmpdir(), 'caremesh-synthetic-'));
  folders.push(outDir);
  const { files, labels } = writeSources({ seed, people, outDir, faultShare });
  const text = readFileSync(join(outDir, labels), 'utf8');
  return {
    outDir,
    files,
    labels: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Label),
  };
}

function fingerprint(folder: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) hash.update(name.slice(folder.length)).update(readFileSync(name));
  return hash.digest('hex');
}

describe('the sample files', () => {
  it('of one seed are the same bytes, of another they are not', () => {
    const [one, again, other] = [
      written('a', 30, 0.1),
      written('a', 30, 0.1),
      written('b', 30, 0.1),
    ];
    expect(fingerprint(again.outDir)).toBe(fingerprint(one.outDir));
    expect(fingerprint(other.outDir)).not.toBe(fingerprint(one.outDir));
  });

  it('of 200 people hold at least 200 medication records and something in every table', () => {
    const { files, labels } = written('demonstration', 200, 0);
    const medications = files.filter(({ setting }) => setting === 'gp');
    expect(medications.reduce((sum, { good }) => sum + good, 0)).toBeGreaterThanOrEqual(200);
    expect(files.every(({ good }) => good > 0)).toBe(true);
    expect(labels).toEqual([]);
  });

  it('count every record: good, faulty and of a kind left unused', () => {
    const { outDir, files } = written('a', 60, 0.1);
    for (const { file, good, faulty, notUsed } of files) {
      const text = readFileSync(join(outDir, file), 'latin1');
      if (file === 'gp/medications.ndjson')
        expect(text.trimEnd().split('\n')).toHaveLength(good + faulty);
      if (file === 'acute/adt.hl7')
        expect(text.match(/(?:^|\r)MSH\|/g)).toHaveLength(good + faulty);
      if (file === 'community/CYP101.csv')
        expect(text.trimEnd().split('\r\n')).toHaveLength(1 + good + faulty + notUsed);
    }
  });
});

describe('the labels', () => {
  const { files, labels } = written('a', 3, 0.01);

  it('name every kind at least once, however few the people', () => {
    const kinds = new Set(labels.map(({ kind }) => kind));
    expect(kinds.size).toBeGreaterThanOrEqual(40);
    for (const { file, faulty } of files)
      expect(
        labels.filter(
          (label) => label.file === file && ['quarantined', 'refused'].includes(label.outcome),
        ),
      ).toHaveLength(faulty);
  });

  it('give a code for what is refused, and for nothing else', () => {
    for (const { code, outcome } of labels)
      expect(code === null).toBe(['accepted', 'unchanged'].includes(outcome));
  });
});
