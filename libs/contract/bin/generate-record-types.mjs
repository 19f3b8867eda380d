#!/usr/bin/env node
/**
 * Writes the record type of every product from its Avro schema:
 * schemas/<domain>/<product>/v<n>/schema.avsc -> apps/<domain>/src/products/<product>/record.gen.ts (v2 and later:
 * record-v<n>.gen.ts). A product whose domain has no app yet is passed over.
 *
 *   node libs/contract/bin/generate-record-types.mjs           write
 *   node libs/contract/bin/generate-record-types.mjs --check   exit 1 and name each file that is stale
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordTypes } from './record-types.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const check = process.argv.includes('--check');

const stale = versions()
  .filter(({ domain }) => existsSync(join(root, 'apps', domain)))
  .filter((version) => !isCurrent(version));

for (const version of stale) {
  const name = relative(root, version.target);
  if (check) {
    process.stderr.write(
      `stale: ${name} (run: node libs/contract/bin/generate-record-types.mjs)\n`,
    );
  } else {
    mkdirSync(dirname(version.target), { recursive: true });
    writeFileSync(version.target, version.text);
    process.stderr.write(`wrote ${name}\n`);
  }
}
if (check && stale.length > 0) process.exitCode = 1;

/** Every version folder that holds a schema, with the file it should give. */
function versions() {
  return folders(join(root, 'schemas')).flatMap((domain) =>
    folders(join(root, 'schemas', domain)).flatMap((product) =>
      folders(join(root, 'schemas', domain, product)).flatMap((folder) =>
        version(domain, product, folder),
      ),
    ),
  );
}

function version(domain, product, folder) {
  const source = `schemas/${domain}/${product}/${folder}/schema.avsc`;
  if (domain === 'mesh' || !/^v[1-9][0-9]*$/.test(folder) || !existsSync(join(root, source)))
    return [];
  const file = folder === 'v1' ? 'record.gen.ts' : `record-${folder}.gen.ts`;
  const target = join(root, 'apps', domain, 'src/products', product, file);
  const schema = JSON.parse(readFileSync(join(root, source), 'utf8'));
  return [{ domain, target, text: recordTypes(schema, source) }];
}

function isCurrent({ target, text }) {
  return existsSync(target) && readFileSync(target, 'utf8') === text;
}

function folders(path) {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
