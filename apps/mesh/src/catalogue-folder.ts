import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readStandard } from '@caremesh/contract';
import type { Standard } from '@caremesh/contract';
import type { Io } from './io.js';

const SCHEMA = 'standard.schema.json';

/**
 * The standards that come with the checkout, for checks made offline. A running mesh may hold later revisions: those
 * are what a proposal is held against. None if there is no such folder.
 */
export async function releasedStandards({ root }: Pick<Io, 'root'>): Promise<Standard[]> {
  const folder = join(root, 'schemas', 'mesh', 'standards');
  const names = await readdir(folder).catch(() => [] as string[]);
  const files = names.filter((name) => name.endsWith('.json') && name !== SCHEMA).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => readStandard(JSON.parse(text)).standard ?? []);
}
