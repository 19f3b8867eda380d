import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Answers } from './answers.js';
import { documentOf } from './document.js';
import type { Page } from './document.js';

/** The controller that every service has. */
const OWN_SOURCES = join('libs', 'platform', 'src', 'http');

/**
 * Writes the pages of services from their controllers, under docs/openapi of the folder; with `--check` it only says which are stale, by
 * the exit code too.
 */
export async function writePages(
  pages: readonly Page[],
  folder: string,
  words: readonly string[],
): Promise<void> {
  const answers = new Answers(
    pages.map(({ sources }) => join(sources, 'openapi.ts')),
    folder,
  );
  for (const page of pages) {
    const { document, handlers } = await documentOf(page);
    answers.describe(document, handlers, [page.sources, join(folder, OWN_SOURCES)]);
    const text = `${JSON.stringify(document, null, 2)}\n`;
    const name = `docs/openapi/${page.name}.json`;
    const file = join(folder, name);
    if (!words.includes('--check')) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
      process.stderr.write(`${name} is stale: run node infra/checks/generated.mjs\n`);
      process.exitCode = 1;
    }
  }
}
