import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import ts from 'typescript';
import { expect, it } from 'vitest';

import { JsonShapes } from './json-shapes.js';
import type { Schema } from './json-shapes.js';

const options = { strict: true, target: ts.ScriptTarget.ES2022, types: [] };
const host = ts.createCompilerHost(options);
const read = host.getSourceFile;
const files = new Map<string, ts.SourceFile | undefined>();
// What TypeScript brings itself is read once: it takes longer than everything else here.
host.getSourceFile = (name, language) => {
  if (!files.has(name)) files.set(name, read(name, language));
  return files.get(name);
};

/** What the constant `it` of a source is as JSON; `beside` are further files, by their path. */
function shapeOf(source: string, beside: Record<string, string> = {}, taken: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'json-shapes-'));
  for (const [path, text] of Object.entries({ ...beside, 'source.ts': source })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const file = join(folder, 'source.ts');
  const program = ts.createProgram([file], options, host);
  const checker = program.getTypeChecker();
  const { statements } = program.getSourceFile(file)!;
  const named = statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .find(({ name }) => name.getText() === 'it')!;
  const shapes = new JsonShapes(checker, taken);
  return { shape: shapes.of(checker.getTypeAtLocation(named)), components: shapes.components };
}

const texts: Schema = { type: 'string' };
const record = (properties: Record<string, Schema>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

it.each<[string, Schema]>([
  ['string', texts],
  ['`v${number}`', texts],
  ['string & { readonly brand?: 1 }', texts],
  ['number', { type: 'number' }],
  ['boolean', { type: 'boolean' }],
  ['true', { const: true }],
  ['"one"', { const: 'one' }],
  ['"two" | "one"', { type: 'string', enum: ['one', 'two'] }],
  ['string | null', { type: ['string', 'null'] }],
  ['"one" | null', { anyOf: [{ type: 'string', enum: ['one'] }, { type: 'null' }] }],
  ['number | string', { anyOf: [{ type: 'number' }, texts] }],
  ['Date', { type: 'string', format: 'date-time' }],
  ['Date | null', { type: ['string', 'null'], format: 'date-time' }],
  ['{ toJSON(): number; more: string }', { type: 'number' }],
  ['object', { type: 'object' }],
  ['readonly string[]', { type: 'array', items: texts }],
  ['(string | undefined)[]', { type: 'array', items: texts }],
  ['[string, 1]', { type: 'array', prefixItems: [texts, { const: 1 }], minItems: 2, maxItems: 2 }],
  ['Record<string, boolean>', { type: 'object', additionalProperties: { type: 'boolean' } }],
  ['{ b: string; a?: string }', record({ a: texts, b: texts }, ['b'])],
  ['{ a: string | undefined; b: () => void; c: undefined }', record({ a: texts }, [])],
  ['{ a: unknown; b: any }', record({ a: {}, b: {} }, ['b'])],
  [
    'Record<"a" | "b", string> & { c: number }',
    record({ a: texts, b: texts, c: { type: 'number' } }),
  ],
])('%s', (type, shape) => {
  expect(shapeOf(`declare const it: ${type};`)).toEqual({ shape, components: {} });
});

it('is what a type that is not written down was inferred to be', () => {
  const { shape } = shapeOf(`
    const row = { at: new Date() as Date | undefined, kind: 'open' as const, hidden: 1 };
    const { hidden, ...shown } = row;
    const it = { ...shown, at: shown.at?.toISOString() ?? null };`);
  expect(shape).toEqual(record({ at: { type: ['string', 'null'] }, kind: { const: 'open' } }));
});

it('stands under the name of its type, and may hold itself there', () => {
  const { shape, components } = shapeOf(`
    type Tree = { name: string; below: Tree[] };
    interface Leaf { name: string }
    type Page<T> = { items: T[] };
    declare const it: Page<Tree | Leaf>;`);
  const either = [{ $ref: '#/components/schemas/Leaf' }, { $ref: '#/components/schemas/Tree' }];
  expect(shape).toEqual(record({ items: { type: 'array', items: { anyOf: either } } }));
  const below = { type: 'array', items: { $ref: '#/components/schemas/Tree' } };
  expect(components).toEqual({
    Tree: record({ below, name: texts }),
    Leaf: record({ name: texts }),
  });
});

it('tells two types of one name by the room of the second', () => {
  const source = `import type { Change } from './key-changes/change.js'; declare const it: Change;`;
  const beside = { 'key-changes/change.ts': 'export type Change = { id: string };' };
  expect(shapeOf(source, beside).shape).toEqual({ $ref: '#/components/schemas/Change' });
  const { shape } = shapeOf(source, beside, ['Change']);
  expect(shape).toEqual({ $ref: '#/components/schemas/KeyChangesChange' });
  expect(() => shapeOf(source, beside, ['Change', 'KeyChangesChange'])).toThrow('KeyChangesChange');
});

it('refuses what JSON cannot be, and what holds itself and has no name', () => {
  expect(() => shapeOf('declare const it: { n: bigint };')).toThrow('JSON has no bigint');
  const endless = 'type Of<T> = { of?: T; next?: Of<T> }; declare const it: Of<string>;';
  expect(() => shapeOf(endless)).toThrow('Of<string> holds itself: it needs a name');
});
