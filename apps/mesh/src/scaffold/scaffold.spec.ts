import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { checkVersion } from '@caremesh/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { releasedStandards } from '../catalogue-folder.js';
import { newDomain, newProduct } from './scaffold.js';

const CHECKOUT = resolve(import.meta.dirname, '../../../..');
const RUN_BY = { ods: 'RP7', organisation: 'Lincolnshire Partnership NHS Foundation Trust' };

let root = '';
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'caremesh-new-'))));
afterEach(() => rmSync(root, { recursive: true }));

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

/** Checked offline, as `mesh contract lint` does, against the standards of this checkout. */
async function blockedBy(version: string): Promise<string[]> {
  const folder = join(root, version);
  const names = filesBelow(folder).map((name) => relative(folder, join(folder, name)));
  const files = Object.fromEntries(names.map((name) => [name, read(join(version, name))]));
  const standards = { today: '2026-11-25', all: await releasedStandards({ root: CHECKOUT }) };
  expect(standards.all.length).toBeGreaterThan(100);
  return checkVersion(files, { standards })
    .filter(({ outcome, severity }) => outcome === 'failed' && severity === 'blocks')
    .map(({ name, path, reason }) => `${name} ${path}: ${reason}`);
}

describe('a new domain', () => {
  it('is two folders whose contract passes every check', async () => {
    const written = await newDomain(root, 'mental-health', 'contact', RUN_BY);
    expect(filesBelow(root)).toEqual(written);
    expect(written.filter((path) => !/^(apps|schemas)\/mental-health\//.test(path))).toEqual([]);
    expect(await blockedBy('schemas/mental-health/contact/v1')).toEqual([]);
    expect(JSON.parse(read('apps/mental-health/package.json'))).toMatchObject({
      nx: { tags: ['layer:domain', 'domain:mental-health'] },
    });
    expect(read('apps/mental-health/src/products/contact/record.gen.ts')).toContain(
      'export type Contact = {',
    );
  });

  it.each(['share', 'mesh', 'platform', 'mental.health', 'mental_health', 'Mental', ''])(
    'is not called %j',
    async (name) => {
      await expect(newDomain(root, name, 'contact', RUN_BY)).rejects.toMatchObject({
        code: 'MESH-6508',
      });
      expect(filesBelow(root)).toEqual([]);
    },
  );

  it('is never written over one that is there', async () => {
    await newDomain(root, 'maternity', 'booking', RUN_BY);
    await expect(newDomain(root, 'maternity', 'birth', RUN_BY)).rejects.toMatchObject({
      code: 'MESH-6513',
    });
  });
});

describe('a new product', () => {
  it('joins its domain’s definition', async () => {
    await newDomain(root, 'maternity', 'booking', RUN_BY);
    await newProduct(root, 'maternity', 'new-birth');
    const definition = read('apps/maternity/src/domain.ts');
    expect(definition).toContain('sources: [bookingSource, newBirthSource],');
    expect(definition).toContain('products: [bookingProduct, newBirthProduct],');
    expect(definition).toContain("from './sources/new-birth.js';");
    expect(await blockedBy('schemas/maternity/new-birth/v1')).toEqual([]);
  });

  it('needs its domain, and a name that is free', async () => {
    await expect(newProduct(root, 'maternity', 'birth')).rejects.toMatchObject({
      code: 'MESH-6509',
    });
    await newDomain(root, 'maternity', 'birth', RUN_BY);
    await expect(newProduct(root, 'maternity', 'birth')).rejects.toMatchObject({
      code: 'MESH-6513',
    });
    await expect(newProduct(root, 'maternity', 'secondary')).rejects.toMatchObject({
      code: 'MESH-6508',
    });
  });
});
