import { viewNamespace } from '../envelope/names.js';
import type { DataContract, FieldPromise } from '../promise/data-contract.js';
import { TOLD, treatedAs } from './treated.js';

type Json = Record<string, unknown>;
type AvroField = { name: string; doc?: string; type: unknown; default?: unknown };

/** In every view whatever was granted: without them nobody can tell which record changed, how, and when. */
export const IN_EVERY_VIEW: readonly string[] = [
  'recordId',
  'recordedAt',
  'changeType',
  'survivorKey',
];

const PERSON: AvroField = {
  name: 'person',
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
  return topLevel(contract)
    .filter((field) => field.classification !== 'direct-identifier' && mayLeave(field))
    .map(({ name }) => name);
}

/**
 * Names of the direct identifiers that may be asked for, each by its name: in the view they are generalised or
 * pseudonymised (see `treatedAs`). `all` does not mean them.
 */
export function treatedFields(contract: DataContract): string[] {
  return topLevel(contract)
    .filter((field) => field.classification === 'direct-identifier' && mayLeave(field))
    .map(({ name }) => name);
}

const topLevel = ({ fields }: DataContract): FieldPromise[] =>
  fields.filter(({ path }) => !/[.[]/.test(path));

/**
 * The Avro schema of one grant's view of a product. Direct identifiers and free text are left out at every depth,
 * `person` is added, and of the rest only the granted fields stay (`['all']`: every one of `grantableFields`). What is
 * treated stands under the name and type of `treatedAs`. A field that is kept is as the product has it, to the byte, so
 * that the view of a grant given before a treatment was built is the same as after.
 * @param schema the product's Avro schema, as approved
 * @param fields top-level field names, or `['all']`
 * @throws RangeError when a field is not in the product, or may not leave
 */
export function deriveViewSchema(
  schema: object,
  contract: DataContract,
  grantId: string,
  fields: string[],
): object {
  const promises = new Map(contract.fields.map((field) => [field.path, field]));
  const wanted = wantedFields(contract, fields);
  const source = schema as Json & { fields: AvroField[] };
  const kept = source.fields
    .filter(({ name }) => wanted.has(name) || IN_EVERY_VIEW.includes(name))
    .flatMap((field) => disclosed(field, field.name, promises));
  return {
    type: 'record',
    name: source.name,
    namespace: viewNamespace(grantId),
    doc: `View of ${contract.product} (major ${contract.major}) for one grant: only granted fields, the person replaced by a pseudonym.`,
    fields: [PERSON, ...kept],
  };
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
function disclosed(
  field: AvroField,
  path: string,
  promises: Map<string, FieldPromise>,
): AvroField[] {
  const treated = IN_EVERY_VIEW.includes(path) ? null : formOf(promises.get(path));
  if (treated === undefined) return [];
  if (treated !== null && treated.form !== 'as-is') {
    const type = ['null', 'string'];
    return [{ name: treated.name, doc: TOLD[treated.form], type, default: null }];
  }
  const type = disclosedType(field.type, path, promises);
  const doc = REDERIVED[field.name];
  return [{ ...field, ...(doc === undefined || path !== field.name ? {} : { doc }), type }];
}

/** A field the contract does not promise is never sent. */
const formOf = (field: FieldPromise | undefined) =>
  field === undefined ? undefined : (treatedAs(field) ?? undefined);

/** The type with what may not leave taken out of every record inside it. Names lose their product's namespace. */
function disclosedType(type: unknown, path: string, promises: Map<string, FieldPromise>): unknown {
  if (Array.isArray(type)) return type.map((branch) => disclosedType(branch, path, promises));
  if (typeof type !== 'object' || type === null) return type;
  const node = type as Json;
  if (node.type === 'array')
    return { ...node, items: disclosedType(node.items, `${path}[]`, promises) };
  if (node.type !== 'record') return node;
  const { namespace: _, ...rest } = node;
  const fields = (node.fields as AvroField[]).flatMap((field) =>
    disclosed(field, `${path}.${field.name}`, promises),
  );
  return { ...rest, fields };
}

/** Every view has the record's own names, derived again; anything else leaves in the form of its treatment, or not. */
function mayLeave(field: FieldPromise): boolean {
  return IN_EVERY_VIEW.includes(field.path) || treatedAs(field) !== null;
}
