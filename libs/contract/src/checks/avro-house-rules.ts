import {
  isNullable,
  withoutNull,
  type AvroField,
  type AvroRecord,
  type AvroType,
} from '../avro/tree.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { CORE_FIELDS } from '../records/compile.js';
import type { Rule } from './check.js';

const PLAIN = new Set(['string', 'long', 'double', 'boolean', 'date', 'timestamp-millis']);

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
      return primitiveFindings(inner.logical ?? inner.name, path);
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
      return isNullable(inner.items)
        ? [finding(CONTRACT_ERRORS.schemaTypeBarred, path, 'The items of a list may not be null.')]
        : typeFindings(inner.items, `${path}.items`);
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

function primitiveFindings(name: string, path: string): Finding[] {
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
