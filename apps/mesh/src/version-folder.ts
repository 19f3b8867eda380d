import { readFile, readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { cliError, meshErrors } from './errors.js';
import type { Io } from './io.js';

/**
 * The files of a version folder by relative path, as text. Throws MESH-6510 if the folder or a file in it
 * cannot be read, or a file is not UTF-8: the hash is over bytes, so none may be changed on the way.
 */
export async function versionFolder(io: Io, folder: string): Promise<Record<string, string>> {
  const root = resolve(io.cwd, folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw cliError(meshErrors.unreadableFile, `${root} cannot be read.`, cause);
  });
  const paths = entries
    .filter((entry) => entry.isFile() && !isHidden(relative(root, entry.parentPath), entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map(async (path) => [name(root, path), await textOf(path)] as const);
  return Object.fromEntries(await Promise.all(files));
}

function isHidden(folder: string, file: string): boolean {
  return [...folder.split(sep), file].some((part) => part.startsWith('.'));
}

function name(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

async function textOf(path: string): Promise<string> {
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw cliError(meshErrors.unreadableFile, `${path} is not UTF-8 text.`, cause);
  }
}
