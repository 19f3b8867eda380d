import { readSchema } from '../avro/read-schema.js';
import { PRIMITIVES } from '../avro/tree.js';
import { SchemaRefused } from '../avro/type.js';
import { viewNamespace } from '../envelope/names.js';
import { CONTRACT_ERRORS, finding } from '../errors.js';
import type { DataContract, FieldPromise } from '../promise/data-contract.js';
import { inViews, PERSON } from './in-views.js';
import { TOLD, type Treated } from './treated.js';

type Json = Record<string, unknown>;
type AvroField = { name: string; doc?: string; type: unknown; default?: unknown };
/** What may be in a view, by path, and as what. */
type Leaving = ReadonlyMap<string, Treated>;

/** In every view whatever was granted: without them nobody can tell which record changed, how, and when. */
export const IN_EVERY_VIEW: readonly string[] = [
  'recordId',
  'recordedAt',
  'changeType',
  'survivorKey',
];

const PERSON_FIELD: AvroField = {
  name: PERSON,
  doc: 'Pseudonym of the person: the same in every record this recipient gets for this purpose, and nowhere else.',
  type: 'string',
};

/** Docs of the fields that keep their name and change their meaning. */
const REDERIVED: Record<string, string> = {
  recordId:
    'Identifies the record within this view. Derived again for this recipient and purpose: it is not the id of the product.',
  survivorKey: 'For MERGED only: the pseudonym of the person under whom the record continues.',
};

/**
 * Names of the top-level fields that `all` means, in the contract's order: every one that is no direct identifier and no
 * free text.
 */
export function grantableFields(contract: DataContract): string[] {
  return mayLeave(contract)
    .filter(({ classification }) => classification !== 'direct-identifier')
    .map(({ name }) => name);
}

/**
 * Names of the direct identifiers that may be asked for, each by its name: in the view they are generalised or
 * pseudonymised (see `treatedAs`). `all` does not mean them.
 */
export function treatedFields(contract: DataContract): string[] {
  return mayLeave(contract)
    .filter(({ classification }) => classification === 'direct-identifier')
    .map(({ name }) => name);
}

/** Every view has the record's own names, derived again; anything else leaves in the form of its treatment, or not. */
function mayLeave({ fields }: DataContract): FieldPromise[] {
  const leaving = inViews(fields);
  return fields.filter(
    ({ path }) => !/[.[]/.test(path) && (IN_EVERY_VIEW.includes(path) || leaving.has(path)),
  );
}

/**
 * The Avro schema of one grant's view of a product. Direct identifiers and free text are left out at every depth,
 * `person` is added, and of the rest only the granted fields stay (`['all']`: every one of `grantableFields`). What is
 * treated stands under the name and type of `treatedAs`. A field that is kept is as the product has it, to the byte, so
 * that the view of a grant given before a treatment was built is the same as after.
 * @param schema the product's Avro schema, as approved
 * @param fields top-level field names, or `['all']`
 * @throws RangeError when a field is not in the product, or may not leave
 * @throws SchemaRefused when it cannot be told what is in a field that was granted, or what comes of it is no schema
 */
export function deriveViewSchema(
  schema: object,
  contract: DataContract,
  grantId: string,
  fields: string[],
): object {
  const leaving = inViews(contract.fields);
  const wanted = wantedFields(contract, fields);
  const source = schema as Json & { fields: AvroField[] };
  const kept = source.fields
    .filter(({ name }) => wanted.has(name) || IN_EVERY_VIEW.includes(name))
    .flatMap((field) => disclosed(field, field.name, leaving));
  const view = {
    type: 'record',
    name: source.name,
    namespace: viewNamespace(grantId),
    doc: `View of ${contract.product} (major ${contract.major}) for one grant: only granted fields, the person replaced by a pseudonym.`,
    fields: [PERSON_FIELD, ...kept],
  };
  const { findings } = readSchema(view, 'view.avsc');
  if (findings.length > 0) throw new SchemaRefused(findings);
  return view;
}

function wantedFields(contract: DataContract, fields: string[]): Set<string> {
  const grantable = new Set(grantableFields(contract));
  if (fields.includes('all')) return grantable;
  const treated = new Set(treatedFields(contract));
  for (const name of fields) {
    if (!grantable.has(name) && !treated.has(name)) {
      throw new RangeError(
        `the field ${name.slice(0, 60)} is not in ${contract.product}, or may not be granted in a view`,
      );
    }
  }
  return new Set(fields);
}

/** The field as the view has it: none, if it never leaves. */
function disclosed(field: AvroField, path: string, leaving: Leaving): AvroField[] {
  const treated = leaving.get(path);
  if (!IN_EVERY_VIEW.includes(path)) {
    // A field the contract does not promise is never sent.
    if (treated === undefined) return [];
    if (treated.form !== 'as-is') return [generalised(treated)];
  }
  const type = disclosedType(field.type, path, leaving);
  const doc = REDERIVED[field.name];
  return [{ ...field, ...(doc === undefined || path !== field.name ? {} : { doc }), type }];
}

function generalised({ name, form }: Treated): AvroField {
  return { name, doc: TOLD[form as keyof typeof TOLD], type: ['null', 'string'], default: null };
}

/**
 * The type with what may not leave taken out of every record inside it. Names lose their product's namespace. What is not
 * written out here cannot be looked into, and is refused: the name of a type for one, which was promised for another place.
 */
function disclosedType(type: unknown, path: string, leaving: Leaving): unknown {
  if (Array.isArray(type)) {
    // What is promised is promised of one type.
    if (type.filter((branch) => branch !== 'null').length > 1) untold('schemaTypeBarred', path);
    return type.map((branch) => disclosedType(branch, path, leaving));
  }
  if (typeof type === 'string') return isPrimitive(type) ? type : untold('typeReused', path);
  if (typeof type !== 'object' || type === null) return untold('schemaTypeBarred', path);
  const node = type as Json;
  switch (node.type) {
    case 'array':
      return { ...node, items: disclosedItems(node.items, path, leaving) };
    case 'record':
      return disclosedRecord(node, path, leaving);
    case 'enum':
    case 'fixed':
      return node;
    case 'map':
      return untold('schemaTypeBarred', path);
    default:
      // A type in needless braces, with or without a logical type.
      return { ...node, type: disclosedType(node.type, path, leaving) };
  }
}

function disclosedItems(items: unknown, path: string, leaving: Leaving): unknown {
  const isRecord = (items as Json | null)?.type === 'record';
  // Of plain items the contract says itself that they are kept.
  if (!isRecord && !leaving.has(`${path}[]`)) return untold('schemaTypeBarred', path);
  return disclosedType(items, `${path}[]`, leaving);
}

function disclosedRecord({ namespace: _, ...node }: Json, path: string, leaving: Leaving): object {
  const fields = (node.fields as AvroField[]).flatMap((field) =>
    disclosed(field, `${path}.${field.name}`, leaving),
  );
  return { ...node, fields };
}

const isPrimitive = (name: string): boolean => (PRIMITIVES as readonly string[]).includes(name);

function untold(error: 'typeReused' | 'schemaTypeBarred', path: string): never {
  const why = `It cannot be told what of \`${path}\` may be in a view.`;
  throw new SchemaRefused([finding(CONTRACT_ERRORS[error], `schema.avsc#${path}`, why)]);
}
