/**
 * Orders two lists of one length by the first part in which they differ, a number by its size and a text by its code units: one order for
 * identifiers that count alike, the same wherever it is made.
 */
export function compareParts(
  one: readonly (string | number)[],
  other: readonly (string | number)[],
): number {
  const at = one.findIndex((part, position) => part !== other[position]);
  if (at < 0) return 0;
  return one[at]! < other[at]! ? -1 : 1;
}
