#!/usr/bin/env node
/**
 * The decision table of people's choices, into the guide.
 *
 *   node libs/contract/bin/choices-page.mjs           write it into docs/guide/choices.md
 *   node libs/contract/bin/choices-page.mjs --check   exit 1 when it is stale
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choicesPage } from '../dist/index.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const target = join(root, 'docs/guide/choices.md');
const BEGIN = '<!-- table: written by libs/contract/bin/choices-page.mjs -->\n';
const END = '<!-- end of table -->';

const page = readFileSync(target, 'utf8');
const [before, rest] = page.split(BEGIN);
const [, after] = (rest ?? '').split(END);
const text = `${before}${BEGIN}\n${choicesPage()}\n${END}${after}`;

if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (page !== text) {
  process.stderr.write('docs/guide/choices.md is stale: run libs/contract/bin/choices-page.mjs\n');
  process.exitCode = 1;
}
