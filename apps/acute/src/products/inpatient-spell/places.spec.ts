import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { places } from './places.js';

type Field = { name: string; type: unknown };
const folder = new URL('../../../../../schemas/acute/inpatient-spell/v1/', import.meta.url);
const { fields } = JSON.parse(readFileSync(new URL('schema.avsc', folder), 'utf8')) as {
  fields: Field[];
};

/** A field by its path, and those of the records that it lists. */
function pathsOf({ name, type }: Field): string[] {
  const inner = (type as { items?: unknown }).items;
  if (inner === undefined) return [name];
  const listed = (inner as { fields?: Field[] }).fields;
  return [name, ...(listed?.map((one) => `${name}[].${one.name}`) ?? [`${name}[]`])];
}

/** Filled by the library, of no message. */
const OWN = ['recordedAt', 'sourceSystemUpdatedAt', 'changeType', 'survivorKey'];

it('every field has its place in the source, but those that it does not state', () => {
  const paths = fields.flatMap(pathsOf).filter((path) => !OWN.includes(path));
  expect(paths.filter((path) => !(path in places))).toEqual(['administrativeCategory', 'coreHrg']);
  expect(Object.keys(places).filter((path) => !paths.includes(path))).toEqual([]);
});
