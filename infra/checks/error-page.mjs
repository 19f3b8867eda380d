// Writes docs/errors.md from the closed lists of the projects, so that every code a person meets can be looked up.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const page = join(root, 'docs', 'errors.md');

const lists = ['libs', 'apps', 'infra']
  .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
  .filter((project) => existsSync(join(root, project, 'src', 'errors.ts')));

const isEntry = (value) =>
  value && typeof value === 'object' && /^MESH-\d{4}$/.test(value.code ?? '');

async function entriesOf(project) {
  const module = await import(pathToFileURL(join(root, project, 'dist', 'errors.js')).href);
  const found = Object.values(module).flatMap((value) =>
    isEntry(value)
      ? [value]
      : value && typeof value === 'object'
        ? Object.values(value).filter(isEntry)
        : [],
  );
  return [...new Map(found.map((entry) => [entry.code, entry])).values()].sort((a, b) =>
    a.code.localeCompare(b.code),
  );
}

const cell = (text) =>
  String(text ?? '')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ');

const sections = [];
const seen = new Map();
for (const project of lists) {
  const entries = await entriesOf(project);
  for (const { code } of entries) {
    if (seen.has(code)) throw new Error(`${code} stands in ${seen.get(code)} and in ${project}`);
    seen.set(code, project);
  }
  if (entries.length === 0) continue;
  const rows = entries.map(
    (entry) =>
      `| <a id="${entry.code.toLowerCase()}"></a>${entry.code} | ${entry.status ?? ''} | ${cell(entry.title)} | ${cell(entry.fix)} | ${entry.retriable ? 'yes' : 'no'} |`,
  );
  sections.push(
    `## ${project}\n\n| code | HTTP | what | what to do | try again |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`,
  );
}
const text = `# Error codes\n\nGenerated from each project's \`errors.ts\`; do not edit. "Try again" says whether the same request may succeed later. The HTTP status is that of a\nrequest refused for this alone; where nothing of a submission could be read it is 400 (413 and 415 stay).\n\n${sections.join('\n')}`;

if (process.argv.includes('--check')) {
  const current = existsSync(page) ? readFileSync(page, 'utf8') : '';
  if (current !== text) {
    console.error('docs/errors.md is stale: run node infra/checks/generated.mjs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(page, text);
}
