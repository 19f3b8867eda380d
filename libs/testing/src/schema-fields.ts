import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './base-stack.js';

type Field = { name: string; type: unknown };

/** Filled by libs/product, of no source. */
const OWN = ['recordedAt', 'sourceSystemUpdatedAt', 'changeType', 'survivorKey'];

/** The paths of the fields of a product's first version that a source can state (`codes[].code` for those of a listed record). */
export function statedFields(domain: string, product: string): string[] {
  const file = join(ROOT, 'schemas', domain, product, 'v1', 'schema.avsc');
  const { fields } = JSON.parse(readFileSync(file, 'utf8')) as { fields: Field[] };
  return fields.flatMap(pathsOf).filter((path) => !OWN.includes(path));
}

function pathsOf({ name, type }: Field): string[] {
  const inner = (type as { items?: unknown }).items;
  if (inner === undefined) return [name];
  const listed = (inner as { fields?: Field[] }).fields;
  return [name, ...(listed?.map((one) => `${name}[].${one.name}`) ?? [`${name}[]`])];
}
