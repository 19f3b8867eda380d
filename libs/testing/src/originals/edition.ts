import { avroType, headers as ce, names } from '@caremesh/contract';
import { asBroker, readAll, type Stored } from '../stories/reader.js';
import type { Mesh } from '../start-mesh.js';
import { pathsOf, textsOf } from './paths.js';
import { TextSearch } from './text-search.js';

const WIRE_BYTES = 5;

/** One edition or view as it stands in Kafka, each value decoded by the schema it names. */
export type Held = {
  records: Stored[];
  values: (Record<string, unknown> | null)[];
  /** Every path that a value may have by the schemas met. */
  paths: Set<string>;
  /** Records that live on, by their key: neither deleted nor retracted nor moved to another person. */
  living: Map<string, Record<string, unknown>>;
  /** How many those are. */
  alive: number;
};

/**
 * Everything a topic holds. A value is decoded to its last byte: what its schema does not name has no place in it.
 * @throws Error if a value is longer than its schema says
 */
export async function heldBy(mesh: Mesh, topic: string): Promise<Held> {
  const records = await readAll(asBroker(mesh.home), topic);
  const decode = decoding(mesh.status().registry.url);
  const paths = new Set<string>();
  const values: Held['values'] = [];
  const living: Held['living'] = new Map();
  for (const { key, value } of records) {
    const decoded = value === null ? null : await decode(value, paths);
    values.push(decoded);
    if (decoded && ['CREATED', 'UPDATED'].includes(String(decoded['changeType'])))
      living.set(key, decoded);
    else living.delete(key);
  }
  return { records, values, paths, living, alive: living.size };
}

function decoding(registryUrl: string) {
  const schemas = new Map<number, object>();
  return async (value: Buffer, paths: Set<string>) => {
    const id = value.readUInt32BE(1);
    if (!schemas.has(id)) {
      const answer = await fetch(`${registryUrl}/schemas/ids/${id}`);
      const { schema } = (await answer.json()) as { schema: string };
      schemas.set(id, JSON.parse(schema) as object);
      for (const path of pathsOf(schemas.get(id)!)) paths.add(path);
    }
    // Not asked to be lenient, the decoder refuses bytes that are left over.
    return avroType(schemas.get(id)!).fromBuffer(value.subarray(WIRE_BYTES)) as Record<
      string,
      unknown
    >;
  };
}

/** What only the publisher's side of a product has. */
export type PublishersOwn = {
  product: string;
  /** Keys and ids by which records of the product's own topics could be joined to. */
  joins: TextSearch;
  /** Every text that stands in a field, by its path. */
  texts: Map<string, Set<string>>;
  alive: number;
  held: Held;
};

/** The edition that views of a product are made of, taken apart. */
export async function publishersOwn(mesh: Mesh, product: string): Promise<PublishersOwn> {
  const held = await heldBy(mesh, names.secondaryTopic(product, 1));
  const joins = new TextSearch();
  const texts = new Map<string, Set<string>>();
  for (const [at, { key, headers }] of held.records.entries()) {
    for (const part of key.split('.')) if (part !== '-') joins.add(part);
    joins.add(headers[ce.HEADERS.id]!);
    for (const [path, text] of textsOf(held.values[at]))
      texts.set(path, (texts.get(path) ?? new Set()).add(text));
  }
  return { product, joins, texts, alive: held.alive, held };
}
