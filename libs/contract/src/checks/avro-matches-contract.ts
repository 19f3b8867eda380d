import {
  describeType,
  isNullable,
  readAs,
  withoutNull,
  type AvroField,
  type AvroRecord,
  type AvroType,
} from '../avro/tree.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { FieldPromise } from '../promise/data-contract.js';
import { placeOf, type Rule, type Subject } from './check.js';

/** Avro types that may carry each logical type of ODCS. */
const AVRO_OF: Record<string, string[]> = {
  string: ['string', 'enum'],
  integer: ['long', 'int'],
  number: ['double', 'float'],
  boolean: ['boolean'],
  date: ['date'],
  timestamp: ['timestamp-millis'],
  array: ['array'],
  object: ['record'],
};

/** Every field the contract promises is in the schema with the same type and nullability, and the other way round. */
export const avroMatchesContract: Rule = {
  name: 'avro-matches-contract',
  severity: 'blocks',
  run: (subject) => {
    if (subject.root === null) return [];
    const avro = flatten(subject.root, '');
    const promised = new Set(subject.contract.fields.map(({ path }) => path));
    return [
      ...subject.contract.fields.flatMap((field) =>
        promiseFindings(subject, field, avro.get(field.path)),
      ),
      ...[...avro]
        .filter(([path]) => !promised.has(path))
        .map(([path, { place }]) => unpromised(path, place)),
    ];
  },
};

type Flat = { type: AvroType; doc: string | null; place: string };

/** Every field and list item of the schema by the path the contract uses for it. */
function flatten(record: AvroRecord, prefix: string): Map<string, Flat> {
  const result = new Map<string, Flat>();
  for (const field of record.fields) addField(result, prefix + field.name, field);
  return result;
}

function addField(result: Map<string, Flat>, path: string, field: AvroField): void {
  result.set(path, { type: field.type, doc: field.doc, place: field.path });
  const inner = withoutNull(field.type);
  if (inner.kind === 'record') addAll(result, flatten(inner, `${path}.`));
  if (inner.kind !== 'array') return;
  if (inner.items.kind === 'record') addAll(result, flatten(inner.items, `${path}[].`));
  else result.set(`${path}[]`, { type: inner.items, doc: null, place: field.path });
}

function addAll(result: Map<string, Flat>, more: Map<string, Flat>): void {
  for (const [path, flat] of more) result.set(path, flat);
}

function unpromised(path: string, place: string): Finding {
  return finding(
    CONTRACT_ERRORS.fieldNotInContract,
    place,
    `The contract says nothing about \`${path}\`.`,
  );
}

function promiseFindings(subject: Subject, field: FieldPromise, avro: Flat | undefined): Finding[] {
  const place = placeOf(subject, field.path);
  if (avro === undefined) {
    return [
      finding(
        CONTRACT_ERRORS.fieldNotInSchema,
        place,
        `The schema has no field \`${field.path}\`.`,
      ),
    ];
  }
  return [
    ...typeFinding(field, avro.type, place),
    ...nullFinding(field, avro.type, place),
    ...docFinding(field, avro, place),
  ];
}

function typeFinding(field: FieldPromise, type: AvroType, place: string): Finding[] {
  const inner = withoutNull(type);
  const kind = inner.kind === 'primitive' ? readAs(inner) : inner.kind;
  if (AVRO_OF[field.logicalType]?.includes(kind)) return [];
  const given = field.logicalType === '' ? 'no type' : field.logicalType;
  return [
    finding(
      CONTRACT_ERRORS.typeDiffers,
      place,
      `\`${field.path}\` has ${given} in the contract and ${describeType(inner)} in the schema.`,
    ),
  ];
}

function nullFinding(field: FieldPromise, type: AvroType, place: string): Finding[] {
  const required = field.presence === 'always';
  if (required !== isNullable(type)) return [];
  const says = required ? 'required' : 'optional';
  return [
    finding(
      CONTRACT_ERRORS.requiredDiffers,
      place,
      `\`${field.path}\` is ${says} in the contract, but its Avro type ${required ? 'allows' : 'does not allow'} null.`,
    ),
  ];
}

function docFinding(field: FieldPromise, { doc }: Flat, place: string): Finding[] {
  if (doc === null || field.description === '' || doc.trim() === field.description) return [];
  return [
    finding(
      CONTRACT_ERRORS.descriptionDiffers,
      place,
      `\`${field.path}\` is described in other words in the schema.`,
    ),
  ];
}
