import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { dump, load } from 'js-yaml';
import type { VersionFiles } from './envelope/hash.js';

/** For specs only: the versions under schemas/, and copies of one of them with something changed. */
export const SCHEMAS = resolve(import.meta.dirname, '../../../schemas');

/** Loosely typed on purpose: specs write things into it that no contract may hold. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
export type Loose = any;

/** `gp/medication-statement/v1` and the others, as found. */
export function publishedFolders(): string[] {
  return folders(SCHEMAS)
    .filter((domain) => domain !== 'mesh')
    .flatMap((domain) => folders(join(SCHEMAS, domain)).map((product) => `${domain}/${product}`))
    .flatMap((path) => folders(join(SCHEMAS, path)).map((version) => `${path}/${version}`));
}

export function readFolder(folder: string): VersionFiles {
  const root = join(SCHEMAS, folder);
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(root, path)).isFile(),
  );
  return Object.fromEntries(
    paths
      .sort()
      .map((path) => [
        relative(root, join(root, path)).split(sep).join('/'),
        readFileSync(join(root, path), 'utf8'),
      ]),
  );
}

export const GP = 'gp/medication-statement/v1';

export type Edit = {
  contract?: (odcs: Loose) => void;
  schema?: (avro: Loose) => void;
  files?: (files: VersionFiles) => void;
};

/** The GP product's version with changes to contract, schema or files. */
export function changed(edit: Edit, from: VersionFiles = readFolder(GP)): VersionFiles {
  const files = { ...from };
  if (edit.contract !== undefined) {
    const odcs: Loose = load(files['contract.odcs.yaml']!);
    edit.contract(odcs);
    // by way of JSON: what a spec puts in twice must not become an alias
    files['contract.odcs.yaml'] = dump(JSON.parse(JSON.stringify(odcs)));
  }
  if (edit.schema !== undefined) {
    const avro: Loose = JSON.parse(files['schema.avsc']!);
    edit.schema(avro);
    files['schema.avsc'] = JSON.stringify(avro);
  }
  edit.files?.(files);
  return files;
}

/** A property of the contract's schema section by name. */
export function property(odcs: Loose, name: string): Loose {
  return odcs.schema[0].properties.find((entry: Loose) => entry.name === name);
}

/** A custom property by name, of a contract or of a field. */
export function custom(holder: Loose, name: string): Loose {
  return holder.customProperties.find((entry: Loose) => entry.property === name);
}

export function without(holder: Loose, name: string): void {
  holder.customProperties = holder.customProperties.filter(
    (entry: Loose) => entry.property !== name,
  );
}

/** A field of the Avro record by name. */
export function field(avro: Loose, name: string): Loose {
  return avro.fields.find((entry: Loose) => entry.name === name);
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
