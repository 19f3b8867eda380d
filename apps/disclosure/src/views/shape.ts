import { ageBand, districtOf, monthOf, treatedAs } from '@caremesh/contract';
import type { FieldPromise, Treated } from '@caremesh/contract';
import { problem } from '@caremesh/platform';

import { disclosureErrors } from '../errors.js';
import { sensitiveOf } from './sensitive-codes.js';

/** A product's record, or a part of it. */
export type Loose = Record<string, unknown>;
/** What is needed of the recipient and the moment to treat a field. */
export type Treating = { now: Date; pseudonym: (field: string, value: string) => string };

type Change = (value: unknown, treating: Treating) => unknown;
type Promises = ReadonlyMap<string, FieldPromise>;

export type AvroRecord = { type: 'record'; fields: { name: string; type: AvroType }[] };
type AvroArray = { type: 'array'; items: AvroType };
type AvroType = string | AvroType[] | AvroRecord | AvroArray | { type: string };

const DAY = 86_400_000;

/**
 * Makes of a product's record what a view's schema names of it, each field in the form of its treatment. Made once for a
 * view: at a record only the granted fields are touched, and of those that stay as they are only the reference is taken.
 * @param own fields of the top level that the caller fills
 * Throws MESH-4101 naming the field, when the schema asks for what must not leave or for another form of it.
 */
export function shaperOf(
  schema: AvroRecord,
  promises: Promises,
  own: ReadonlySet<string>,
): (record: Loose, treating: Treating) => Loose {
  return shaping(stepsOf(schema, '', promises, own));
}

type Step = { to: string; from: string; change: Change | null };

function stepsOf(
  record: AvroRecord,
  prefix: string,
  promises: Promises,
  own: ReadonlySet<string>,
): Step[] {
  const source = byNameInView(prefix, promises);
  return record.fields
    .filter(({ name }) => !own.has(name))
    .map(({ name, type }) => {
      const found = source.get(name);
      if (found === undefined) throw problem(disclosureErrors.fieldNotDisclosable, prefix + name);
      const [promise, { form }] = found;
      return { to: name, from: promise.name, change: changeOf(promise, form, type, promises) };
    });
}

function shaping(steps: readonly Step[]): (record: Loose, treating: Treating) => Loose {
  return (value, treating) => {
    const shaped: Loose = {};
    for (const { to, from, change } of steps) {
      const held = value[from];
      shaped[to] = change === null ? held : change(held, treating);
    }
    return shaped;
  };
}

/** The fields of one record by the names under which a view may have them. */
function byNameInView(prefix: string, promises: Promises): Map<string, [FieldPromise, Treated]> {
  const found = new Map<string, [FieldPromise, Treated]>();
  for (const promise of promises.values()) {
    if (promise.path !== prefix + promise.name) continue;
    const treated = treatedAs(promise);
    if (treated !== null) found.set(treated.name, [promise, treated]);
  }
  return found;
}

/** Null: it is taken as it is. */
function changeOf(
  promise: FieldPromise,
  form: Treated['form'],
  type: AvroType,
  promises: Promises,
): Change | null {
  if (form === 'as-is') {
    return withoutSensitive(promise) ?? changeWithin(type, promise.path, promises);
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

function withoutSensitive({ codes }: FieldPromise): Change | null {
  const isSensitive = sensitiveOf(codes?.system);
  if (isSensitive === null) return null;
  return (value) => (typeof value === 'string' && isSensitive(value) ? null : value);
}

function changeWithin(type: AvroType, path: string, promises: Promises): Change | null {
  if (typeof type === 'string') return null;
  if (Array.isArray(type)) {
    const changes = type.map((branch) => changeWithin(branch, path, promises));
    return changes.find((change) => change !== null) ?? null;
  }
  if ('fields' in type) return changeRecord(type, path, promises);
  return 'items' in type ? changeList(type.items, path, promises) : null;
}

/** Null if all that stays of it stays as it is: what the schema does not name is not written anyway. */
function changeRecord(type: AvroRecord, path: string, promises: Promises): Change | null {
  const steps = stepsOf(type, `${path}.`, promises, new Set());
  if (steps.every(({ change }) => change === null)) return null;
  const shape = shaping(steps);
  return (value, treating) =>
    // What an older version of the product has not stays as absent as it is: the schema's default stands for it.
    typeof value === 'object' && value !== null ? shape(value as Loose, treating) : value;
}

/** An item with a sensitive code is left out whole: what stands beside the code may tell as much. */
function changeList(items: AvroType, path: string, promises: Promises): Change | null {
  const change = changeWithin(items, `${path}[]`, promises);
  const isSensitive = sensitiveItem(`${path}[]`, promises);
  if (change === null && isSensitive === null) return null;
  return (value, treating) => {
    if (!Array.isArray(value)) return value;
    const shown = isSensitive === null ? value : value.filter((item) => !isSensitive(item));
    return change === null ? shown : shown.map((item) => change(item, treating));
  };
}

function sensitiveItem(path: string, promises: Promises): ((item: unknown) => boolean) | null {
  const plain = sensitiveOf(promises.get(path)?.codes?.system);
  if (plain !== null) return (item) => typeof item === 'string' && plain(item);
  const coded = [...promises.values()].flatMap((promise) => {
    const isSensitive = sensitiveOf(promise.codes?.system);
    return promise.path === `${path}.${promise.name}` && isSensitive !== null
      ? [{ name: promise.name, isSensitive }]
      : [];
  });
  if (coded.length === 0) return null;
  return (item) =>
    coded.some(({ name, isSensitive }) => {
      const code = (item as Loose)[name];
      return typeof code === 'string' && isSensitive(code);
    });
}
