import { ageBand, districtOf, inViews, monthOf } from '@caremesh/contract';
import type { FieldPromise, Treated } from '@caremesh/contract';
import { problem } from '@caremesh/platform';

import { disclosureErrors } from '../errors.js';
import type { SensitiveCodes } from './sensitive-codes.js';

/** A product's record, or a part of it. */
export type Loose = Record<string, unknown>;
/** What is needed of the recipient and the moment to treat a field. */
export type Treating = { now: Date; pseudonym: (field: string, value: string) => string };

type Change = (value: unknown, treating: Treating) => unknown;
type Promises = ReadonlyMap<string, FieldPromise>;
/** What is known of the fields: what their contract says, and which codes are in no view. */
type Contracted = { promises: Promises; sensitive: Pick<SensitiveCodes, 'of'> };
/** `leaving`: what may be in a view, by path, and as what. */
type Known = Contracted & { leaving: ReadonlyMap<string, Treated> };

export type AvroRecord = { type: 'record'; fields: { name: string; type: AvroType }[] };
type AvroArray = { type: 'array'; items: AvroType };
type AvroType = string | AvroType[] | AvroRecord | AvroArray | { type: AvroType };

/** Types in which there is nothing more. */
const PLAIN: ReadonlySet<unknown> = new Set([
  ...['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'],
]);

const DAY = 86_400_000;

/**
 * Makes of a product's record what a view's schema names of it, each field in the form of its treatment. Made once for a
 * view: at a record only the granted fields are touched, and of those that stay as they are only the reference is taken.
 * @param own fields of the top level that the caller fills
 * Throws MESH-4101 naming the field, when the schema asks for what must not leave or for another form of it.
 */
export function shaperOf(
  schema: AvroRecord,
  contracted: Contracted,
  own: ReadonlySet<string>,
): (record: Loose, treating: Treating) => Loose {
  const known = { ...contracted, leaving: inViews([...contracted.promises.values()]) };
  return shaping(stepsOf(schema, '', known, own), own);
}

/** `unless`: the code whose words these are; where that is left out, so are they. */
type Step = { to: string; from: string; change: Change | null; unless: Coded | null };
type Coded = { name: string; isSensitive: (code: string) => boolean };

function stepsOf(
  record: AvroRecord,
  prefix: string,
  known: Known,
  own: ReadonlySet<string>,
): Step[] {
  const source = byNameInView(prefix, known);
  return record.fields
    .filter(({ name }) => !own.has(name))
    .map(({ name, type }) => {
      const found = source.get(name);
      if (found === undefined) throw problem(disclosureErrors.fieldNotDisclosable, prefix + name);
      const [promise, { form }] = found;
      const change = changeOf(promise, form, type, known);
      return { to: name, from: promise.name, change, unless: codeBeside(promise, prefix, known) };
    });
}

function shaping(
  steps: readonly Step[],
  own: Iterable<string> = [],
): (record: Loose, treating: Treating) => Loose {
  // Copied for each record: put into an empty object one by one, each field would give it another layout.
  const empty = Object.fromEntries([...own, ...steps.map(({ to }) => to)].map(absent));
  return (value, treating) => {
    const shaped: Loose = { ...empty };
    for (const { to, from, change, unless } of steps) {
      const held = value[from];
      if (unless !== null && isLeftOut(unless, value)) shaped[to] = null;
      else shaped[to] = change === null ? held : change(held, treating);
    }
    return shaped;
  };
}

const absent = (name: string): [string, undefined] => [name, undefined];

function isLeftOut({ name, isSensitive }: Coded, record: Loose): boolean {
  const code = record[name];
  return typeof code === 'string' && isSensitive(code);
}

/** Of `medicationDisplay`, which says `medicationCode` in words, the code; null where no code is left out. */
function codeBeside({ name }: FieldPromise, prefix: string, known: Known): Coded | null {
  const words = /^(.+)Display$/.exec(name)?.[1];
  if (words === undefined) return null;
  const code = `${words}Code`;
  const isSensitive = known.sensitive.of(known.promises.get(prefix + code)?.codes?.system);
  return isSensitive === null ? null : { name: code, isSensitive };
}

/** The fields of one record by the names under which a view may have them. */
function byNameInView(
  prefix: string,
  { promises, leaving }: Known,
): Map<string, [FieldPromise, Treated]> {
  const found = new Map<string, [FieldPromise, Treated]>();
  for (const promise of promises.values()) {
    if (promise.path !== prefix + promise.name) continue;
    const treated = leaving.get(promise.path);
    if (treated !== undefined) found.set(treated.name, [promise, treated]);
  }
  return found;
}

/** Null: it is taken as it is. */
function changeOf(
  promise: FieldPromise,
  form: Treated['form'],
  type: AvroType,
  known: Known,
): Change | null {
  if (form === 'as-is') {
    const within = changeWithin(type, promise.path, known);
    return withoutSensitive(promise, type, known) ?? within;
  }
  // Any other type would be of a schema that nobody derived.
  if (JSON.stringify(type) !== '["null","string"]') {
    throw problem(disclosureErrors.fieldNotDisclosable, promise.path);
  }
  return FORMS[form](promise);
}

const FORMS: Record<Exclude<Treated['form'], 'as-is'>, (promise: FieldPromise) => Change> = {
  pseudonym:
    ({ path }) =>
    (value, { pseudonym }) =>
      typeof value === 'string' ? pseudonym(path, value) : null,
  'age-band':
    (promise) =>
    (value, { now }) =>
      typeof value === 'number' ? ageBand(momentOf(promise, value), now) : null,
  district: () => (value) => (typeof value === 'string' ? districtOf(value) : null),
  month: (promise) => (value) =>
    typeof value === 'number' ? monthOf(momentOf(promise, value)) : null,
};

/** Avro's dates are days, its timestamps milliseconds. */
const momentOf = ({ logicalType }: FieldPromise, value: number): Date =>
  new Date(logicalType === 'date' ? value * DAY : value);

/** Throws MESH-4101 where a code could not be left out, because the field must have one. */
function withoutSensitive(promise: FieldPromise, type: AvroType, known: Known): Change | null {
  const isSensitive = known.sensitive.of(promise.codes?.system);
  if (isSensitive === null) return null;
  // Out of a list the whole item goes.
  const mayBeNull = Array.isArray(type) && type.includes('null');
  if (!mayBeNull && !promise.path.includes('[]'))
    throw problem(disclosureErrors.fieldNotDisclosable, promise.path);
  return (value) => (typeof value === 'string' && isSensitive(value) ? null : value);
}

/**
 * Throws MESH-4101 where the schema does not say what is in the field: at the name of a type, or one of several. What is in it
 * would be taken as it is.
 */
function changeWithin(type: AvroType, path: string, known: Known): Change | null {
  if (PLAIN.has(type)) return null;
  if (typeof type !== 'object' || type === null) return untold(path);
  if (Array.isArray(type)) {
    const [one, ...others] = type.filter((branch) => branch !== 'null');
    return one === undefined || others.length > 0 ? untold(path) : changeWithin(one, path, known);
  }
  if (type.type === 'enum' || type.type === 'fixed') return null;
  if (type.type === 'record') return changeRecord(type as AvroRecord, path, known);
  if (type.type === 'array') return changeList((type as AvroArray).items, path, known);
  // A plain type, or any other in needless braces.
  return changeWithin(type.type, path, known);
}

function untold(path: string): never {
  throw problem(disclosureErrors.fieldNotDisclosable, path.replace(/(?:\[\])+$/, ''));
}

/** Null if all that stays of it stays as it is: what the schema does not name is not written anyway. */
function changeRecord(type: AvroRecord, path: string, known: Known): Change | null {
  const steps = stepsOf(type, `${path}.`, known, new Set());
  if (steps.every(({ change, unless }) => change === null && unless === null)) return null;
  const shape = shaping(steps);
  return (value, treating) =>
    // What an older version of the product has not stays as absent as it is: the schema's default stands for it.
    typeof value === 'object' && value !== null ? shape(value as Loose, treating) : value;
}

/** An item with a sensitive code is left out whole: what stands beside the code may tell as much. */
function changeList(items: AvroType, path: string, known: Known): Change | null {
  const isRecord = typeof items === 'object' && 'type' in items && items.type === 'record';
  // Of plain items the contract says itself that they are kept.
  if (!isRecord && !known.leaving.has(`${path}[]`)) return untold(path);
  const change = changeWithin(items, `${path}[]`, known);
  const isSensitive = sensitiveItem(`${path}[]`, known);
  if (change === null && isSensitive === null) return null;
  return (value, treating) => {
    if (!Array.isArray(value)) return value;
    const shown = isSensitive === null ? value : value.filter((item) => !isSensitive(item));
    return change === null ? shown : shown.map((item) => change(item, treating));
  };
}

function sensitiveItem(
  path: string,
  { promises, sensitive }: Known,
): ((item: unknown) => boolean) | null {
  const plain = sensitive.of(promises.get(path)?.codes?.system);
  if (plain !== null) return (item) => typeof item === 'string' && plain(item);
  const coded = [...promises.values()].flatMap((promise) => {
    const isSensitive = sensitive.of(promise.codes?.system);
    return promise.path === `${path}.${promise.name}` && isSensitive !== null
      ? [{ name: promise.name, isSensitive }]
      : [];
  });
  if (coded.length === 0) return null;
  return (item) => coded.some((one) => isLeftOut(one, item as Loose));
}
