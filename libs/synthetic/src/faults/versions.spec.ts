import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkVersion } from '@caremesh/contract';
import { expect, it } from 'vitest';
import { faultyVersions } from './versions.js';

const folder = resolve(import.meta.dirname, '../../../../schemas/community/care-contact/v1');
const good = Object.fromEntries(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
);
const blockedBy = (files: Record<string, string>) =>
  checkVersion(files)
    .filter(({ outcome, severity }) => outcome === 'failed' && severity === 'blocks')
    .map(({ code }) => code);

it('the version they are made from is good', () => {
  expect(blockedBy(good)).toEqual([]);
});

it.each(faultyVersions(good))('$kind is refused under $code', ({ code, files }) => {
  expect(blockedBy(files)).toContain(code);
});
