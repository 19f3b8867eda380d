import { CONTRACT_ERRORS, finding, type ContractError, type Finding } from '../errors.js';
import { jsonPlace } from './json-place.js';
import { isUnsafeName, limitBroken, SCHEMA_LIMITS } from './limits.js';
import { repeatsName } from './repeated-names.js';
import {
  PRIMITIVES,
  type AvroExtras,
  type AvroField,
  type AvroRecord,
  type AvroType,
  type Primitive,
} from './tree.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

type Json = Record<string, unknown>;
type Named = Extract<AvroType, { kind: 'record' | 'enum' | 'fixed' }>;

/** What reading a schema gives: the parsed JSON for a registry, the tree for us, or the reason it was refused. */
export type SchemaRead = { schema: object | null; root: AvroRecord | null; findings: Finding[] };

/**
 * Reads the text of `schema.avsc`. Hostile text (deep, huge, recursive, `__proto__`) is refused before anything
 * else looks at it; the first such finding is the only one.
 */
export function readSchemaText(text: string, file = 'schema.avsc'): SchemaRead {
  if (text.length > SCHEMA_LIMITS.bytes) {
    return refused(
      CONTRACT_ERRORS.fileTooLarge,
      file,
      `The schema has more than ${SCHEMA_LIMITS.bytes / 1024} KiB.`,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refused(
      CONTRACT_ERRORS.jsonUnreadable,
      file,
      `The schema is not readable JSON${jsonPlace(text)}.`,
    );
  }
  if (repeatsName(text, parsed))
    return refused(CONTRACT_ERRORS.jsonUnreadable, file, 'An object of the schema repeats a name.');
  return readSchema(parsed, file);
}

/** As `readSchemaText`, for a schema that is parsed already. */
export function readSchema(parsed: unknown, file = 'schema.avsc'): SchemaRead {
  const broken = limitBroken(file, parsed);
  if (broken !== null) return { schema: null, root: null, findings: [broken] };
  try {
    const root = new SchemaReader(file).read(parsed, '', '', 0);
    if (root.kind !== 'record') {
      return refused(
        CONTRACT_ERRORS.schemaNotRecord,
        file,
        'The top of the schema is not a record.',
      );
    }
    return { schema: parsed as object, root, findings: [] };
  } catch (error) {
    if (error instanceof SchemaFault)
      return { schema: null, root: null, findings: [error.finding] };
    throw error;
  }
}

function refused(error: ContractError, path: string, message: string): SchemaRead {
  return { schema: null, root: null, findings: [finding(error, path, message)] };
}

/** Leaves the walk at the first fault: what follows an unreadable part cannot be judged. */
class SchemaFault extends Error {
  constructor(readonly finding: Finding) {
    super(finding.message);
  }
}

/** One walk over one schema. Keeps the names met so far, and which of them are still open (recursion). */
class SchemaReader {
  private readonly named = new Map<string, Named>();
  private readonly open = new Set<string>();
  private fields = 0;

  constructor(private readonly file: string) {}

  read(node: unknown, path: string, namespace: string, level: number): AvroType {
    if (typeof node === 'string') return this.reference(node, path, namespace);
    if (Array.isArray(node)) return this.union(node, path, namespace, level);
    if (typeof node !== 'object' || node === null)
      return this.fail('schemaInvalid', path, 'A type is missing.');
    return this.complex(node as Json, path, namespace, level);
  }

  private complex(node: Json, path: string, namespace: string, level: number): AvroType {
    switch (node.type) {
      case 'record':
        return this.record(node, path, namespace, level);
      case 'enum':
        return this.enumeration(node, path, namespace);
      case 'fixed':
        return this.fixed(node, path, namespace);
      case 'array':
        return {
          kind: 'array',
          items: this.read(node.items, `${path}.items`, namespace, level),
          extras: extras(node, ['items']),
        };
      case 'map':
        return {
          kind: 'map',
          values: this.read(node.values, `${path}.values`, namespace, level),
          extras: extras(node, ['values']),
        };
      default:
        return this.annotated(node, path, namespace, level);
    }
  }

  /** `{"type": "long", "logicalType": "timestamp-millis"}`, or a type in needless braces. */
  private annotated(node: Json, path: string, namespace: string, level: number): AvroType {
    const inner = this.read(node.type, `${path}.type`, namespace, level);
    if (inner.kind !== 'primitive') return inner;
    // Outside needless braces a reader may not look for it.
    const own = typeof node.type === 'string' ? text(node.logicalType) : null;
    const read = own === null ? [] : ['logicalType'];
    return {
      ...inner,
      logical: own ?? inner.logical,
      extras: { ...inner.extras, ...extras(node, read) },
    };
  }

  private reference(name: string, path: string, namespace: string): AvroType {
    if ((PRIMITIVES as readonly string[]).includes(name)) {
      return { kind: 'primitive', name: name as Primitive, logical: null, extras: {} };
    }
    const full = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
    if (this.open.has(full)) {
      return this.fail('schemaRecursive', path, `The record ${shown(name)} contains itself.`);
    }
    return (
      this.named.get(full) ??
      this.fail('schemaInvalid', path, `The type ${shown(name)} is not defined before it is used.`)
    );
  }

  private union(node: unknown[], path: string, namespace: string, level: number): AvroType {
    if (node.length === 0 || node.length > 20) {
      return this.fail('schemaInvalid', path, 'A union has no branch, or more than 20.');
    }
    const branches = node.map((branch, i) => this.read(branch, `${path}[${i}]`, namespace, level));
    if (branches.some((branch) => branch.kind === 'union')) {
      return this.fail('schemaInvalid', path, 'A union holds a union.');
    }
    const kinds = branches.map((branch) => ('name' in branch ? branch.name : branch.kind));
    if (new Set(kinds).size < kinds.length) {
      return this.fail('schemaInvalid', path, 'A union names the same type twice.');
    }
    return { kind: 'union', branches };
  }

  private record(node: Json, path: string, outer: string, level: number): AvroType {
    if (level >= SCHEMA_LIMITS.recordLevels) {
      return this.fail(
        'tooComplex',
        path,
        `Records are nested more than ${SCHEMA_LIMITS.recordLevels} levels deep.`,
      );
    }
    const { name, namespace, full } = this.name(node, path, outer);
    if (!Array.isArray(node.fields))
      return this.fail('schemaInvalid', path, `The record ${name} has no list of fields.`);
    const record: AvroRecord = {
      kind: 'record',
      name,
      namespace,
      doc: text(node.doc),
      aliases: this.aliases(node, path).map((alias) => inFull(alias, namespace)),
      extras: extras(node, [...NAMED, 'fields']),
      fields: [],
    };
    this.open.add(full);
    record.fields.push(
      ...node.fields.map((field, i) =>
        this.field(field, `${path}.fields[${i}]`, namespace, level + 1),
      ),
    );
    this.open.delete(full);
    this.distinct(
      record.fields.flatMap((field) => [field.name, ...field.aliases]),
      `${path}.fields`,
      'field',
    );
    this.named.set(full, record);
    return record;
  }

  private field(node: unknown, path: string, namespace: string, level: number): AvroField {
    this.fields += 1;
    if (this.fields > SCHEMA_LIMITS.fields) {
      return this.fail(
        'tooComplex',
        path,
        `The schema has more than ${SCHEMA_LIMITS.fields} fields.`,
      );
    }
    if (typeof node !== 'object' || node === null)
      return this.fail('schemaInvalid', path, 'A field is not an object.');
    const field = node as Json;
    return {
      name: this.plainName(field.name, path),
      doc: text(field.doc),
      aliases: this.aliases(field, path),
      type: this.read(field.type, `${path}.type`, namespace, level),
      default: field.default,
      extras: extras(field, ['name', 'doc', 'aliases', 'default']),
      path: this.at(path),
    };
  }

  private enumeration(node: Json, path: string, outer: string): AvroType {
    const { name, namespace, full } = this.name(node, path, outer);
    if (!Array.isArray(node.symbols) || node.symbols.length === 0) {
      return this.fail('schemaInvalid', path, `The enum ${name} has no symbols.`);
    }
    if (node.symbols.length > SCHEMA_LIMITS.symbols) {
      return this.fail(
        'tooComplex',
        path,
        `The enum ${name} has more than ${SCHEMA_LIMITS.symbols} symbols.`,
      );
    }
    const symbols = node.symbols.map((symbol) => this.plainName(symbol, `${path}.symbols`));
    this.distinct(symbols, `${path}.symbols`, 'symbol');
    const fallback = text(node.default);
    if (fallback !== null && !symbols.includes(fallback)) {
      return this.fail(
        'schemaInvalid',
        path,
        `The default of the enum ${name} is not one of its symbols.`,
      );
    }
    return this.keep(full, {
      kind: 'enum',
      name,
      namespace,
      doc: text(node.doc),
      aliases: this.aliases(node, path).map((alias) => inFull(alias, namespace)),
      extras: extras(node, [...NAMED, 'symbols', 'default']),
      symbols,
      fallback,
    });
  }

  private fixed(node: Json, path: string, outer: string): AvroType {
    const { name, namespace, full } = this.name(node, path, outer);
    if (!Number.isInteger(node.size) || (node.size as number) < 0) {
      return this.fail('schemaInvalid', path, `The fixed type ${name} has no size.`);
    }
    return this.keep(full, {
      kind: 'fixed',
      name,
      namespace,
      doc: text(node.doc),
      aliases: this.aliases(node, path).map((alias) => inFull(alias, namespace)),
      extras: extras(node, [...NAMED, 'size', 'logicalType']),
      size: node.size as number,
      logical: text(node.logicalType),
    });
  }

  private keep(full: string, type: Named): AvroType {
    this.named.set(full, type);
    return type;
  }

  /** Name and namespace of a named type; a name already taken is a fault, whoever took it. */
  private name(node: Json, path: string, outer: string) {
    const given = text(node.name) ?? '';
    const dot = given.lastIndexOf('.');
    const name = this.plainName(given.slice(dot + 1), path);
    const namespace = dot > 0 ? given.slice(0, dot) : (text(node.namespace) ?? outer);
    if (namespace !== '' && (!FULL_NAME.test(namespace) || namespace.length > 200)) {
      return this.fail('schemaInvalid', path, 'A namespace is not made of names and full stops.');
    }
    const full = namespace === '' ? name : `${namespace}.${name}`;
    if (this.open.has(full) || this.named.has(full)) {
      return this.fail('schemaInvalid', path, `The type ${name} is defined twice.`);
    }
    return { name, namespace, full };
  }

  private aliases(node: Json, path: string): string[] {
    if (node.aliases === undefined) return [];
    if (!Array.isArray(node.aliases))
      return this.fail('schemaInvalid', path, 'Aliases are not a list.');
    return node.aliases.map((alias) => {
      this.plainName(String(alias).split('.').at(-1), path);
      return String(alias).slice(0, 300);
    });
  }

  private plainName(value: unknown, path: string): string {
    if (typeof value !== 'string' || !NAME.test(value)) {
      return this.fail(
        'schemaInvalid',
        path,
        'A name is missing, or has other characters than letters, digits and underscores.',
      );
    }
    if (value.length > SCHEMA_LIMITS.nameLength) {
      return this.fail(
        'tooComplex',
        path,
        `A name has more than ${SCHEMA_LIMITS.nameLength} characters.`,
      );
    }
    return isUnsafeName(value)
      ? this.fail('nameUnsafe', path, `The name \`${value}\` is not allowed.`)
      : value;
  }

  private distinct(names: string[], path: string, what: string): void {
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) this.fail('schemaInvalid', path, `The ${what} ${name} appears twice.`);
      seen.add(name);
    }
  }

  private at(path: string): string {
    return `${this.file}#${path.replace(/^\./, '')}`;
  }

  private fail(
    error: 'schemaInvalid' | 'schemaRecursive' | 'tooComplex' | 'nameUnsafe',
    path: string,
    message: string,
  ): never {
    throw new SchemaFault(finding(CONTRACT_ERRORS[error], this.at(path), message));
  }
}

/** An alias without a namespace is in that of the type it stands for. */
function inFull(alias: string, namespace: string): string {
  return alias.includes('.') || namespace === '' ? alias : `${namespace}.${alias}`;
}

/** What a named type says in places of its own, whatever its kind. */
const NAMED = ['name', 'namespace', 'doc', 'aliases'];

/** The rest of what a node says, in an order that does not depend on how it was written. */
function extras(node: Json, read: readonly string[]): AvroExtras {
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => key !== 'type' && !read.includes(key))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A name from a file, safe to print: cut short, so that a message never repeats a whole hostile file. */
function shown(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
