import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEMAS } from '../published.fixture.js';
import type { Standard } from './standard.js';

/** For specs only: the entries of schemas/mesh/standards, as parsed. */
export function seedFiles(): { file: string; value: unknown }[] {
  const folder = join(SCHEMAS, 'mesh', 'standards');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && file !== 'standard.schema.json')
    .map((file) => ({ file, value: JSON.parse(readFileSync(join(folder, file), 'utf8')) }));
}

export function seeds(): Standard[] {
  return seedFiles().map(({ value }) => value as Standard);
}

export function seed(id: string, change: Partial<Standard> = {}): Standard {
  const found = seeds().find((one) => one.id === id);
  if (!found) throw new Error(`no seed ${id}`);
  return { ...found, ...change };
}
