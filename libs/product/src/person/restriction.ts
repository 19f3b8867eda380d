/** What a source says of whether a person's whereabouts are restricted. `at`: when (ms) it last changed that; null if not said. */
export type SaidRestriction = { restricted: boolean; at: number | null };

/** What is held of a person who is, or was, restricted. `came`: when (ms) it was said here. */
export type HeldRestriction = SaidRestriction & {
  came: number;
  /** Known by a local identifier alone, whose issuer tells where the person goes. */
  isLocal: boolean;
};

/**
 * What is held after one more statement; the same object if nothing changed, null of somebody who was never restricted.
 * The newer of two counts: by when their source changed them, or where one does not say so by when they came. Of two
 * that cannot be told apart so, the one that restricts.
 */
export function restrictedAfter(
  held: HeldRestriction | null,
  { said, isLocal }: { said: SaidRestriction; isLocal: boolean },
  now: number,
): HeldRestriction | null {
  // A clock that is ahead must not outdo all that is said until then.
  const at = said.at === null ? null : Math.min(said.at, now);
  const next = { restricted: said.restricted, at, came: now, isLocal };
  if (held === null) return said.restricted ? next : null;
  if (said.restricted && !held.restricted) return isClearlyOlder(next, held) ? held : next;
  if (!said.restricted && held.restricted)
    return at === null || momentOf(next) > momentOf(held) ? next : held;
  return momentOf(next) > momentOf(held) ? next : held;
}

/** What is held of one person whom two turn out to be: restricted if either is, until something newer than both says otherwise. */
export function restrictedOfBoth(
  one: HeldRestriction | null,
  other: HeldRestriction | null,
  isLocal: boolean,
): HeldRestriction | null {
  if (one === null || other === null) {
    const only = one ?? other;
    return only === null || only.isLocal === isLocal ? only : { ...only, isLocal };
  }
  const later = momentOf(one) >= momentOf(other) ? one : other;
  const restricted = one.restricted || other.restricted;
  if (later.restricted === restricted && later.isLocal === isLocal) return later;
  return { ...later, restricted, isLocal };
}

const momentOf = ({ at, came }: HeldRestriction): number => at ?? came;

const isClearlyOlder = (a: HeldRestriction, b: HeldRestriction): boolean =>
  a.at !== null && b.at !== null && a.at < b.at;
