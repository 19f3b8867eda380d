import type { FieldPromise } from '../promise/data-contract.js';
import { treatedAs, type Treated } from './treated.js';

/** The column of every view that no field of the product is. */
export const PERSON = 'person';

/** A field whose name in a view another one has before it: `other`, or where that is null a column of every view. */
type SharedName = { path: string; name: string; other: string | null };

/**
 * What may be in a view, by path, and as what. Not in it, besides what `treatedAs` leaves out: a list of plain values whose
 * items do not stay as they are, because it is taken whole; and fields that would have one name, because by the name nobody
 * could tell which was granted.
 */
export function inViews(fields: readonly FieldPromise[]): Map<string, Treated> {
  const shared = new Set(sharedNames(fields).flatMap(({ path, other }) => [path, other]));
  return new Map(
    leaving(fields).flatMap(([{ path }, treated]) => (shared.has(path) ? [] : [[path, treated]])),
  );
}

/** The fields that cannot have the name that a view would give them, in the contract's order. */
export function sharedNames(fields: readonly FieldPromise[]): SharedName[] {
  const owners = new Map<string, string | null>([[PERSON, null]]);
  return leaving(fields).flatMap(([{ path, name: own }, { name }]) => {
    if (isItem(path)) return [];
    const place = path.slice(0, -own.length) + name;
    const other = owners.get(place);
    if (other === undefined) owners.set(place, path);
    return other === undefined ? [] : [{ path, name, other }];
  });
}

/** Whether a view has it as the product has it. */
export function isKept(field: FieldPromise): boolean {
  return treatedAs(field)?.form === 'as-is';
}

const isItem = (path: string): boolean => path.endsWith('[]');

/** Fields, and the plain items of lists, with what becomes of them. */
function leaving(fields: readonly FieldPromise[]): [FieldPromise, Treated][] {
  const barred = new Set(
    fields.filter((field) => isItem(field.path) && !staysInList(field)).map(({ path }) => path),
  );
  return fields.flatMap((field): [FieldPromise, Treated][] => {
    const treated = treatedAs(field);
    const isBarred = barred.has(field.path) || barred.has(`${field.path}[]`);
    return treated === null || isBarred ? [] : [[field, treated]];
  });
}

/** Of items that have parts nothing more is promised. */
function staysInList(item: FieldPromise): boolean {
  return isKept(item) && item.logicalType !== 'array' && item.logicalType !== 'object';
}
