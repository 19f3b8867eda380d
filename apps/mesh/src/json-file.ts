import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { repeatsName } from '@caremesh/contract';
import { cliError, meshErrors } from './errors.js';
import type { Io } from './io.js';

/** What a JSON file says. Throws MESH-6510 for one that is none, or that has a name twice in an object: the last would win. */
export async function jsonOf(io: Io, file: string): Promise<object> {
  const path = resolve(io.cwd, file);
  const [text, value] = await readFile(path, 'utf8')
    .then((content) => [content, JSON.parse(content) as unknown] as const)
    .catch((cause: unknown) => {
      throw cliError(meshErrors.unreadableFile, `${path} is no JSON file.`, cause);
    });
  if (!repeatsName(text, value)) return Object(value) as object;
  throw cliError(meshErrors.unreadableFile, `${path} has a name twice in one object.`);
}
