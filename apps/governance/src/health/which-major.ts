type Standing = { major: number };

/**
 * Which of a product's majors a mark of it speaks of: the newest that breaks what it promises, for whoever reads that one must see it
 * whatever a later one, perhaps still empty, is like; else the newest.
 * @param majors those that are not retired and of which anything was told, in any order.
 */
export function markedMajor<S extends Standing>(
  majors: readonly S[],
  isBroken: (one: S) => boolean,
): S | undefined {
  const newestFirst = majors.toSorted((a, b) => b.major - a.major);
  return newestFirst.find(isBroken) ?? newestFirst[0];
}
