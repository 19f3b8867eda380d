import type { JoinedSource } from '../define/source.js';
import type { NamedPerson } from '../person/person-ref.js';
import { shownId } from '../person/shown-id.js';
import type { MarkedRoot } from './part-store.js';

/**
 * What a root that was refused is called in answers and listings. Nothing was made of it that names its person: whom it may be about are
 * the people in the rows it is joined to, and the row that all the others belong to.
 */
export function shownRootId(
  { parts, root: part }: Pick<JoinedSource<unknown>, 'parts' | 'root'>,
  { sourceId, item, row, joined }: Pick<MarkedRoot, 'sourceId' | 'item' | 'row' | 'joined'>,
): string | null {
  if (sourceId === null || sourceId === '') return null;
  const rows = { ...joined?.ancestors, [part]: row };
  const identifiers = Object.entries(rows).flatMap(([name, one]) => {
    const isFirst = name !== part && parts[name]?.parent === undefined;
    return [...(isFirst ? [parts[name]!.key(one)] : []), ...peopleIn(one).flatMap(identifiersOf)];
  });
  return shownId(sourceId, identifiers) ?? `item ${item + 1}`;
}

/** The people that a row names, as its reader made them. */
const peopleIn = (row: unknown): NamedPerson[] =>
  typeof row === 'object' && row !== null ? Object.values(row).filter(isPerson) : [];

const isPerson = (value: unknown): value is NamedPerson =>
  typeof value === 'object' && value !== null && 'nhsNumber' in value && 'local' in value;

const identifiersOf = ({ nhsNumber, local, others = [] }: NamedPerson): (string | null)[] => [
  nhsNumber,
  local?.id ?? null,
  ...others.map(({ id }) => id),
];
