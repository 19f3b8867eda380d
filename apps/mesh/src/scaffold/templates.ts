import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { cliError, meshErrors } from '../errors.js';

/** Text to write, by its path within the checkout. */
export type Files = Map<string, string>;
export type Words = Record<string, string>;

/** apps/mesh/templates, two folders up from this file in src and in dist. */
const TEMPLATES = join(import.meta.dirname, '..', '..', 'templates');

/**
 * The files of a template folder with every `{{word}}` filled in, to be put under `target`.
 * @throws RangeError if a template has a word that is not given.
 */
export async function filled(template: string, target: string, words: Words): Promise<Files> {
  const root = join(TEMPLATES, template);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  const files: Files = new Map();
  for (const path of paths) {
    const name = relative(root, path).replaceAll('__product__', words['product'] ?? '');
    files.set(join(target, name.replace(/\.tpl$/, '')), fill(await readFile(path, 'utf8'), words));
  }
  return files;
}

function fill(text: string, words: Words): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const value = words[word];
    if (value === undefined) throw new RangeError(`a template asks for "${word}"`);
    return value;
  });
}

/** Writes files below the checkout. @throws MESH-6513 before anything is written if one is there already. */
export async function write(root: string, files: Files): Promise<void> {
  for (const path of files.keys())
    if (await exists(join(root, path))) throw cliError(meshErrors.alreadyThere, `${path} exists.`);
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Whether there is a file or folder at a path. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
