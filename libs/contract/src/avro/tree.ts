/** What a schema says besides what Avro gives a place in the tree (`scale`, `order`, …), by name. */
export type AvroExtras = Record<string, unknown>;

/** An Avro schema as a tree that the rest of the library walks: names resolved, every node of a known kind. */
export type AvroType =
  | { kind: 'primitive'; name: Primitive; logical: string | null; extras: AvroExtras }
  | AvroRecord
  | AvroEnum
  | AvroFixed
  | { kind: 'array'; items: AvroType; extras: AvroExtras }
  | { kind: 'map'; values: AvroType; extras: AvroExtras }
  | { kind: 'union'; branches: AvroType[] };

/** What every named type has. */
type AvroNamed = {
  name: string;
  namespace: string;
  doc: string | null;
  aliases: string[];
  extras: AvroExtras;
};

export type AvroRecord = AvroNamed & { kind: 'record'; fields: AvroField[] };

export type AvroEnum = AvroNamed & { kind: 'enum'; symbols: string[]; fallback: string | null };

export type AvroFixed = AvroNamed & { kind: 'fixed'; size: number; logical: string | null };

export type AvroField = {
  name: string;
  doc: string | null;
  aliases: string[];
  type: AvroType;
  /** `undefined` when the field has none; null is a default like any other. */
  default: unknown;
  extras: AvroExtras;
  path: string;
};

export const PRIMITIVES = [
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
] as const;
export type Primitive = (typeof PRIMITIVES)[number];

/** Whether a value of the type may be null. */
export function isNullable(type: AvroType): boolean {
  return type.kind === 'union' && type.branches.some(isNull);
}

/** The type without its null branch: `T` of `["null", T]`. Any other type is returned as it is. */
export function withoutNull(type: AvroType): AvroType {
  if (type.kind !== 'union') return type;
  const rest = type.branches.filter((branch) => !isNull(branch));
  return rest.length === 1 ? rest[0]! : { kind: 'union', branches: rest };
}

function isNull(type: AvroType): boolean {
  return type.kind === 'primitive' && type.name === 'null';
}

/** The types that an Avro logical type may stand on. */
const LOGICAL_ON: Readonly<Record<string, readonly string[]>> = {
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  decimal: ['bytes'],
  uuid: ['string'],
};

/** What readers take a primitive for: by Avro's rule they ignore a logical type that does not belong to its type. */
export function readAs({ name, logical }: Extract<AvroType, { kind: 'primitive' }>): string {
  return logical !== null &&
    Object.hasOwn(LOGICAL_ON, logical) &&
    LOGICAL_ON[logical]?.includes(name)
    ? logical
    : name;
}

/** The type as people write it: `string`, `timestamp-millis`, `list of Procedure`, `string or null`. */
export function describeType(type: AvroType): string {
  switch (type.kind) {
    case 'primitive':
      return readAs(type);
    case 'array':
      return `list of ${describeType(type.items)}`;
    case 'map':
      return `map of ${describeType(type.values)}`;
    case 'union':
      return [...type.branches]
        .sort((a, b) => Number(isNull(a)) - Number(isNull(b)))
        .map(describeType)
        .join(' or ');
    default:
      return type.name;
  }
}
