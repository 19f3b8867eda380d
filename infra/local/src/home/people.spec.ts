import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seedPeople } from './people.js';

const file = () => join(mkdtempSync(join(tmpdir(), 'caremesh-people-')), 'people.json');

it('seeds a publisher and an owner for each domain, and everybody who is always there', () => {
  const people = seedPeople(file(), ['gp', 'social-care']);
  expect(people.map(({ user }) => user)).toEqual([
    'gp-publisher',
    'gp-owner',
    'social-care-publisher',
    'social-care-owner',
    'governance-lead',
    'governance-lead-2',
    'ig-lead',
    'caldicott-guardian',
    'analyst',
    'analyst-2',
    'auditor',
    'administrator',
    'clinician',
  ]);
  expect(people.find(({ user }) => user === 'analyst')?.organisation).toBe('QUY');
  expect(people.find(({ user }) => user === 'analyst-2')?.organisation).toBe('QR1');
  expect(people.find(({ user }) => user === 'social-care-owner')?.team).toBe('social-care');
});

it('gives each a password of their own, in a file for its owner’s eyes', () => {
  const path = file();
  const people = seedPeople(path, ['gp']);
  expect(new Set(people.map(({ password }) => password)).size).toBe(people.length);
  expect(Math.min(...people.map(({ password }) => password.length))).toBe(20);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('adds those of a new domain and changes nobody', () => {
  const path = file();
  const before = seedPeople(path, ['gp']);
  const after = seedPeople(path, ['gp', 'mental-health']);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length).map(({ user }) => user)).toEqual([
    'mental-health-publisher',
    'mental-health-owner',
  ]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ people: after });
});

it('does not replace what it cannot read, and names it', () => {
  const path = file();
  writeFileSync(path, '{"people": [');
  expect(() => seedPeople(path, ['gp'])).toThrow(
    expect.objectContaining({
      code: 'MESH-6017',
      message: expect.stringContaining(path) as string,
    }),
  );
  expect(readFileSync(path, 'utf8')).toBe('{"people": [');
});
