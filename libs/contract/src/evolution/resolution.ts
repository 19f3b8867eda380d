import type { AvroEnum, AvroField, AvroFixed, AvroRecord, AvroType } from '../avro/tree.js';

/** Where a reader's schema cannot take what the writer's wrote. */
export type Misread = { path: string; why: string };

/**
 * Schema resolution as the Avro specification has it: what stands in the way of records written with `writer` being
 * read with `reader`; nothing if all can be. Which promotions count, that record names are compared without their
 * namespace, and what aliases do, is as in Apache Avro's Java library, whose verdicts the specs hold this against.
 */
export function misreads(reader: AvroRecord, writer: AvroRecord): Misread[] {
  return typeMisreads('$', reader, writer);
}

function typeMisreads(path: string, reader: AvroType, writer: AvroType): Misread[] {
  if (writer.kind === 'union') {
    return writer.branches.flatMap((branch) => typeMisreads(path, reader, branch));
  }
  if (reader.kind === 'union') {
    const takes = reader.branches.some((branch) => typeMisreads(path, branch, writer).length === 0);
    return takes ? [] : [{ path, why: `no branch takes ${named(writer)}` }];
  }
  return singleMisreads(path, reader, writer);
}

function singleMisreads(path: string, reader: AvroType, writer: AvroType): Misread[] {
  if (reader.kind === 'array' && writer.kind === 'array')
    return typeMisreads(`${path}[]`, reader.items, writer.items);
  if (reader.kind === 'map' && writer.kind === 'map')
    return typeMisreads(`${path}{}`, reader.values, writer.values);
  if (reader.kind === 'primitive' && writer.kind === 'primitive')
    return promotes(writer.name, reader.name)
      ? []
      : [{ path, why: `${writer.name} is not read as ${reader.name}` }];
  if (reader.kind !== writer.kind)
    return [{ path, why: `${writer.kind} is not read as ${reader.kind}` }];
  return namedMisreads(path, reader as Named, writer as Named);
}

type Named = AvroRecord | AvroEnum | AvroFixed;

function namedMisreads(path: string, reader: Named, writer: Named): Misread[] {
  if (reader.name !== writer.name && !reader.aliases.includes(fullName(writer)))
    return [{ path, why: `${named(writer)} is not read as ${named(reader)}` }];
  if (reader.kind === 'enum') return symbolMisreads(path, reader, writer as AvroEnum);
  if (reader.kind === 'record') return recordMisreads(path, reader, writer as AvroRecord);
  return reader.size === (writer as AvroFixed).size ? [] : [{ path, why: 'the sizes differ' }];
}

function symbolMisreads(path: string, reader: AvroEnum, writer: AvroEnum): Misread[] {
  if (reader.fallback !== null) return [];
  const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  return unknown.map((symbol) => ({ path, why: `the symbol ${symbol} is not known` }));
}

function recordMisreads(path: string, reader: AvroRecord, writer: AvroRecord): Misread[] {
  return reader.fields.flatMap((field) => {
    const at = path === '$' ? field.name : `${path}.${field.name}`;
    const written = writtenAs(field, writer);
    if (written !== undefined) return typeMisreads(at, field.type, written.type);
    return field.default === undefined
      ? [{ path: at, why: 'it is not written and has no default' }]
      : [];
  });
}

/** The writer's field of that name, or of one of the reader's other names for it. */
function writtenAs(field: AvroField, { fields }: AvroRecord): AvroField | undefined {
  const accepted = [field.name, ...field.aliases];
  return fields.find(({ name }) => accepted.includes(name));
}

const NUMBERS = ['int', 'long', 'float', 'double'];

/** Numbers are read as wider ones; bytes and text as each other. Logical types play no part. */
function promotes(from: string, to: string): boolean {
  if (from === to) return true;
  if (NUMBERS.includes(from) && NUMBERS.includes(to))
    return NUMBERS.indexOf(from) < NUMBERS.indexOf(to);
  return [from, to].sort().join() === 'bytes,string';
}

function fullName({ namespace, name }: Named): string {
  return namespace === '' ? name : `${namespace}.${name}`;
}

function named(type: AvroType): string {
  return 'name' in type ? type.name : type.kind;
}
