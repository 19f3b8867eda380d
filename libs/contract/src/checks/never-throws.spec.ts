import fc from 'fast-check';
import { dump, load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { diffVersions } from '../evolution/diff.js';
import { parseVersion } from '../promise/parse-version.js';
import { compileChecks } from '../records/compile.js';
import {
  changed,
  custom,
  GP,
  property,
  readFolder,
  type Edit,
  type Loose,
} from '../published.fixture.js';
import { checkVersion } from './check-version.js';

type Path = (string | number)[];

/** How many places are tried; MESH_EVERY_PLACE=1 tries every place there is with everything. */
const RUNS = process.env['MESH_EVERY_PLACE'] ? Infinity : 60;

/** Every place of a document. */
function places(node: unknown, path: Path = []): Path[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const here = [...path, Array.isArray(node) ? Number(key) : key];
    return [here, ...places(value, here)];
  });
}

function replaced(document: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(document);
  let holder = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as typeof holder;
  holder[path.at(-1)!] = value;
  return copy;
}

const VALUES: unknown[] = [null, {}, [], [null], '', '^(', 0, true];

const before = readFolder(GP);
const FILES = ['contract.odcs.yaml', 'schema.avsc', 'examples/created.json'];

/** All that is done with the files of somebody's version before a person reads it. */
function look(files: typeof before): void {
  const checks = checkVersion(files, { latest: before });
  const { contract, schema } = parseVersion(files);
  diffVersions(before, files);
  diffVersions(files, before);
  if (contract !== null) compileChecks(contract, { text: true });
  if (checks.every(({ outcome, severity }) => outcome === 'passed' || severity !== 'blocks'))
    expect([contract, schema]).not.toContain(null);
}

describe('a version with anything at any place', () => {
  it.each(FILES)(
    'of %s is checked and compared, never thrown about',
    (file) => {
      const isYaml = file.endsWith('.yaml');
      const document: unknown = isYaml ? load(before[file]!) : JSON.parse(before[file]!);
      const tries = places(document).flatMap((path) => VALUES.map((value) => ({ path, value })));
      const attempt = ({ path, value }: (typeof tries)[number]) => {
        const after = replaced(document, path, value);
        const text = isYaml ? dump(after, { noRefs: true }) : JSON.stringify(after);
        look({ ...before, [file]: text });
      };
      if (RUNS === Infinity) tries.forEach(attempt);
      else fc.assert(fc.property(fc.constantFrom(...tries), attempt), { numRuns: RUNS });
    },
    900_000,
  );

  const failed = (contract: Edit['contract']) => {
    const files = changed({ contract });
    look(files);
    const codes = checkVersion(files)
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ name, code }) => `${name} ${code}`);
    return [...new Set(codes)];
  };
  const options = (odcs: Loose) => property(odcs, 'reasonCode').logicalTypeOptions;

  it.each<[string, Edit['contract'], string[]]>([
    [
      'a legal basis that is nothing',
      (o) => (custom(o, 'legalBasis').value[1] = null),
      ['profile-valid MESH-1204', 'legal-basis-stated MESH-1318'],
    ],
    [
      'a standard that is nothing',
      (o) => (custom(o, 'standards').value = [null]),
      ['profile-valid MESH-1204'],
    ],
    [
      'small numbers that are a text',
      (o) => o.customProperties.push({ property: 'smallNumbers', value: 'few' }),
      ['profile-valid MESH-1204'],
    ],
    [
      'a pattern that is no regular expression',
      (o) => (options(o).pattern = '^([1-9][0-9]{5,17}$'),
      ['patterns-safe MESH-1323'],
    ],
    [
      'a pattern that no example could be tested on in time',
      (o) => (options(o).pattern = '^(([0-9]+)+)+x$'),
      ['patterns-safe MESH-1323'],
    ],
  ])('%s is found', (_, contract, expected) => {
    expect(failed(contract)).toEqual(expected);
  });
});
