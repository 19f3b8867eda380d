// Writes docs/openapi from the controllers of every project that has a page; `--check` says which are stale.
// One run for all: TypeScript reads the sources once, for what the handlers answer.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writePages } from '../../libs/platform/dist/openapi/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const projects = ['apps', 'libs']
  .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
  .filter((project) => existsSync(join(project, 'src', 'openapi.ts')));

const pages = [];
for (const project of projects) {
  const { page } = await import(pathToFileURL(join(project, 'dist', 'openapi.js')).href);
  pages.push(page);
}
await writePages(pages, root, process.argv);
