import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Label } from './labels.js';
import { lives } from './life/life.js';
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

/** The values of a table's column, by the heading, in rows of a file whose quotes hold no line break of another row. */
function column(outDir: string, part: string, heading: string): string[] {
  const text = readFileSync(join(outDir, `community/${part}.csv`), 'latin1');
  const rows = text.split('\r\n').filter(Boolean);
  const at = rows[0]!.split(',').indexOf(heading);
  return rows.slice(1).map((row) => row.split(',')[at]!);
}

describe('the joined tables', () => {
  const REFERRAL = 'SERVICE REQUEST IDENTIFIER';
  const PATIENT = 'LOCAL PATIENT IDENTIFIER (EXTENDED)';

  it('name only referrals and patients that are written, faulty rows too, whoever the first people are', () => {
    for (let n = 0; n < 60; n++) {
      const { outDir, files, labels } = written(`seed${n}`, 1 + (n % 30), 0.01);
      const referrals = new Set(column(outDir, 'CYP101', REFERRAL));
      const patients = new Set(column(outDir, 'CYP001', PATIENT));
      const contacts = column(outDir, 'CYP201', REFERRAL);
      expect([n, contacts.filter((id) => !referrals.has(id))]).toEqual([n, []]);
      const referred = column(outDir, 'CYP101', PATIENT);
      expect([n, referred.filter((id) => !patients.has(id))]).toEqual([n, []]);
      const joined = labels.filter(({ file }) => file === 'community/CYP201.csv');
      expect(joined.map(({ kind }) => kind)).toContain('unknown-code');
      const { good, faulty } = files.find(({ part }) => part === 'CYP201')!;
      expect(contacts).toHaveLength(good + faulty);
    }
  });

  it('hold more than the people asked for only where none of those was referred', () => {
    const counts = (people: number) =>
      written('nobody-referred', people, 0.01).files.find(({ part }) => part === 'CYP101')!.good;
    const referred = [...lives({ seed: 'nobody-referred', count: 40 })].map(
      ({ referrals }) => referrals.length,
    );
    for (const people of [0, 1, 2, 3, 10, 40]) {
      const own = referred.slice(0, people).reduce((sum, count) => sum + count, 0);
      expect([people, counts(people)]).toEqual([people, Math.max(1, own)]);
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
