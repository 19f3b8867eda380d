import fc from 'fast-check';
import { dump, load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { publishedFolders, readFolder } from '../published.fixture.js';
import type { VersionFiles } from '../envelope/hash.js';
import { readVersion } from '../promise/parse-version.js';
import { diffVersions } from './diff.js';

type Path = (string | number)[];

/** How many changes are tried at each kind of place; MESH_EVERY_PLACE=1 tries every place there is. */
const RUNS = process.env['MESH_EVERY_PLACE'] ? Infinity : 150;

/** Every place of a JSON document, the document itself left out. */
function places(node: unknown, path: Path = []): Path[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const here = [...path, Array.isArray(node) ? Number(key) : key];
    return [here, ...places(value, here)];
  });
}

const MUTATIONS = ['drop', 'replace', 'add', 'swap'] as const;
type Mutation = (typeof MUTATIONS)[number];

/** The document with one thing done to it at one place; null where that cannot be done there. */
function mutated(document: unknown, path: Path, mutation: Mutation): unknown {
  const copy = structuredClone(document);
  let holder = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as typeof holder;
  return change(holder, path.at(-1)!, mutation) ? copy : null;
}

function change(
  holder: Record<string | number, unknown>,
  key: string | number,
  mutation: Mutation,
): boolean {
  const value = holder[key];
  if (mutation === 'replace') {
    holder[key] = other(value);
    return holder[key] !== value;
  }
  if (mutation === 'drop') {
    if (Array.isArray(holder)) holder.splice(key as number, 1);
    else delete holder[key];
    return true;
  }
  if (mutation === 'add') {
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) value.push(another(value[0]));
    else (value as Record<string, unknown>)['more'] = 'than before';
    return true;
  }
  if (!Array.isArray(holder) || typeof key !== 'number' || key + 1 >= holder.length) return false;
  [holder[key], holder[key + 1]] = [holder[key + 1], holder[key]];
  return true;
}

/** A neighbour of its kind, but not the same: an entry written twice over says nothing new. */
function another(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return `${String(value)}y`;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      typeof inner === 'string' ? `${inner}y` : inner,
    ]),
  );
}

function other(value: unknown): unknown {
  if (typeof value === 'string') return `${value}x`;
  if (typeof value === 'number') return value + 1;
  return typeof value === 'boolean' ? !value : value;
}

const at = (document: unknown, path: Path): unknown =>
  path.reduce((node, step) => (node as Record<string | number, unknown>)[step], document);

/** One try at a place of a published version; null if it leaves nothing that can be read and told apart. */
function attempt(
  before: VersionFiles,
  file: string,
  path: Path,
  mutation: Mutation,
): VersionFiles | null {
  const isYaml = file.endsWith('.yaml');
  // The order of a contract's lists says nothing, and the version's number is what the changes decide.
  if (isYaml && (mutation === 'swap' || path.join() === 'version')) return null;
  const document: unknown = isYaml ? load(before[file]!) : JSON.parse(before[file]!);
  if (path.at(-1) === 'required' && mutation === 'drop' && at(document, path) === false)
    return null;
  const after = mutated(document, path, mutation);
  if (after === null) return null;
  const text = isYaml ? dump(after, { noRefs: true }) : JSON.stringify(after);
  const files = { ...before, [file]: text };
  const { contract, schema } = readVersion(files);
  // `required: false` is what silence means. Files that cannot be read, or break the profile, are refused with the reason before anybody compares them.
  return contract.contract === null || contract.findings.length > 0 || schema.root === null
    ? null
    : files;
}

const versions = publishedFolders().map((folder) => [folder, readFolder(folder)] as const);
const FILES = ['contract.odcs.yaml', 'schema.avsc'];

describe('a change at any place of a published version', () => {
  it.each(FILES)(
    'of %s is told',
    (file) => {
      const tries = versions.flatMap(([folder, files]) =>
        places(file.endsWith('.yaml') ? load(files[file]!) : JSON.parse(files[file]!)).flatMap(
          (path) => MUTATIONS.map((mutation) => ({ folder, files, path, mutation })),
        ),
      );
      const untold: string[] = [];
      let told = 0;
      const look = (one: (typeof tries)[number]) => {
        const { folder, files: before, path, mutation } = one;
        const after = attempt(before, file, path, mutation);
        if (after === null) return true;
        told += 1;
        if (diffVersions(before, after).length === 0)
          untold.push(`${mutation} ${folder} ${file} ${path.join('.')}`);
        return untold.length === 0;
      };
      if (RUNS === Infinity) tries.forEach(look);
      else fc.assert(fc.property(fc.constantFrom(...tries), look), { numRuns: RUNS });
      expect(untold).toEqual([]);
      expect(told).toBeGreaterThan(20);
    },
    600_000,
  );

  it('of any other file is told', () => {
    const [, before] = versions[0]!;
    const example = Object.keys(before).find((path) => path.startsWith('examples/'))!;
    expect(diffVersions(before, { ...before, [example]: '{}' })).toEqual([
      { path: example, class: 'safe', kind: 'documentation', sentence: `\`${example}\` changes.` },
    ]);
  });
});
