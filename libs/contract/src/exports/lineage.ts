import { parseTopic } from '../envelope/names.js';
import type { DataContract, FieldPromise } from '../promise/data-contract.js';

/** What feeds a product or one of its fields. */
export type LineageSource =
  | { kind: 'product'; product: string; major: number; field: string | null }
  | { kind: 'standard'; id: string; title: string; version: string | null }
  | { kind: 'code-system'; system: string; version: string }
  | { kind: 'definition'; url: string }
  | { kind: 'other'; name: string };

/** One edge: `field` is the path it leads to, null for the product as a whole. */
export type LineageEdge = { field: string | null; from: LineageSource };

/**
 * Everything that feeds a product, from its contract alone: the standards it conforms to, and for each field the
 * products it is made from, the code system it is bound to and the place where its meaning is written down.
 */
export function lineageOf(contract: Pick<DataContract, 'standards' | 'fields'>): LineageEdge[] {
  return [
    ...contract.standards.map((standard) => ({
      field: null,
      from: { kind: 'standard' as const, ...standard },
    })),
    ...contract.fields.flatMap((field) =>
      sourcesOf(field).map((from) => ({ field: field.path, from })),
    ),
  ];
}

function sourcesOf({ sources = [], codes, definition }: FieldPromise): LineageSource[] {
  return [
    ...sources.map(readSource),
    ...(codes === undefined
      ? []
      : [{ kind: 'code-system' as const, system: codes.system, version: codes.version }]),
    ...(definition === undefined ? [] : [{ kind: 'definition' as const, url: definition }]),
  ];
}

/** `gp.medication-statement.v1#medicationCode` is a field of a product; what has another shape is a source outside the mesh. */
function readSource(text: string): LineageSource {
  const [topic = '', field = null] = text.split('#');
  const parsed = parseTopic(topic);
  return parsed?.kind === 'product'
    ? { kind: 'product', product: parsed.id, major: parsed.major, field }
    : { kind: 'other', name: text };
}

/** The contracts of the products it is made from, each once: `urn:caremesh:gp.medication-statement:v1`. */
export function inputContracts(
  contract: DataContract,
): { id: string; product: string; major: number }[] {
  const inputs = lineageOf(contract).flatMap(({ from }) => (from.kind === 'product' ? [from] : []));
  const byId = new Map(
    inputs.map(({ product, major }) => {
      const id = `urn:caremesh:${product}:v${major}`;
      return [id, { id, product, major }];
    }),
  );
  return [...byId.values()];
}
