import {
  isNullable,
  readAs,
  withoutNull,
  type AvroField,
  type AvroRecord,
  type AvroType,
} from '../avro/tree.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { CORE_FIELDS } from '../records/compile.js';
import type { Rule } from './check.js';

const PLAIN = new Set(['string', 'long', 'double', 'boolean', 'date', 'timestamp-millis']);
/** What the items of a list may be: what the contract has a place for. */
const ITEMS = new Set<AvroType['kind']>(['primitive', 'enum', 'record']);

/** Types and defaults that let every later version of a major be read by every earlier one, and the reverse. */
export const avroHouseRules: Rule = {
  name: 'avro-house-rules',
  severity: 'blocks',
  run: ({ root }) => (root === null ? [] : recordFindings(root, true)),
};

function recordFindings(record: AvroRecord, top: boolean): Finding[] {
  return record.fields.flatMap((field) => {
    const core = top && CORE_FIELDS.includes(field.name);
    return [
      ...(core ? [] : optionalFinding(field)),
      ...typeFindings(field.type, `${field.path}.type`),
    ];
  });
}

/** Outside the core a field is null by default, or has another default. */
function optionalFinding(field: AvroField): Finding[] {
  const { type, path, name } = field;
  if (field.default === undefined) {
    return [
      finding(
        CONTRACT_ERRORS.fieldNotOptional,
        path,
        `\`${name}\` has no default, so versions without it could not be read.`,
      ),
    ];
  }
  if (!isNullable(type)) return [];
  const nullFirst =
    type.kind === 'union' &&
    type.branches[0]?.kind === 'primitive' &&
    type.branches[0].name === 'null';
  const pair = type.kind === 'union' && type.branches.length === 2;
  if (nullFirst && pair && field.default === null) return [];
  return [
    finding(
      CONTRACT_ERRORS.fieldNotOptional,
      path,
      `\`${name}\` must be written ["null", T] with default null.`,
    ),
  ];
}

function typeFindings(type: AvroType, path: string): Finding[] {
  const inner = withoutNull(type);
  switch (inner.kind) {
    case 'primitive':
      return primitiveFindings(inner, path);
    case 'enum':
      return inner.fallback === 'UNKNOWN'
        ? []
        : [
            finding(
              CONTRACT_ERRORS.enumOpen,
              path,
              `The enum ${inner.name} has no default symbol UNKNOWN.`,
            ),
          ];
    case 'record':
      return recordFindings(inner, false);
    case 'array':
      return itemFindings(inner.items, path);
    default:
      return [
        finding(
          CONTRACT_ERRORS.schemaTypeBarred,
          path,
          `A ${inner.kind} is not used in product records.`,
        ),
      ];
  }
}

function itemFindings(items: AvroType, path: string): Finding[] {
  if (isNullable(items))
    return [
      finding(CONTRACT_ERRORS.schemaTypeBarred, path, 'The items of a list may not be null.'),
    ];
  if (ITEMS.has(items.kind)) return typeFindings(items, `${path}.items`);
  return [
    finding(
      CONTRACT_ERRORS.schemaTypeBarred,
      path,
      `A list of ${items.kind}s is not used in product records: the contract could say nothing of what is in them.`,
      { fix: 'Make each item a record, and name in it what it holds.' },
    ),
  ];
}

function primitiveFindings(
  type: Extract<AvroType, { kind: 'primitive' }>,
  path: string,
): Finding[] {
  const name = readAs(type);
  if (type.logical !== null && type.logical !== name) return [ignored(type.logical, name, path)];
  if (name === 'int' || name === 'float') {
    return [
      finding(
        CONTRACT_ERRORS.numberNarrow,
        path,
        `The type ${name} may have to be widened later, which breaks readers.`,
      ),
    ];
  }
  return PLAIN.has(name)
    ? []
    : [
        finding(
          CONTRACT_ERRORS.schemaTypeBarred,
          path,
          `The type ${name} is not used in product records.`,
        ),
      ];
}

function ignored(logical: string, name: string, path: string): Finding {
  return finding(
    CONTRACT_ERRORS.schemaTypeBarred,
    path,
    `The logical type ${logical.slice(0, 60)} does not belong to ${name}: readers ignore it and see the ${name} alone.`,
    {
      fix: 'Write {"type": "int", "logicalType": "date"} for a day, {"type": "long", "logicalType": "timestamp-millis"} for a moment, and no logicalType otherwise.',
    },
  );
}
