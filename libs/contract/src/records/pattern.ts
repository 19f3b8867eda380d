/**
 * Why a pattern is refused, or null. Without groups, alternatives, lookaround and unbounded repeats a match takes at
 * most as many steps as the product of its few bounded repeats, and those are counted.
 */
export function patternFault(pattern: string): string | null {
  if (pattern.length > 200 || !pattern.startsWith('^') || !pattern.endsWith('$'))
    return 'is not anchored with ^ and $, or is very long';
  const outsideClasses = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/[()|]/.test(outsideClasses)) return 'has groups or alternatives';
  if (/[*+]|\{\d*,\}/.test(outsideClasses)) return 'has a repeat without an upper bound';
  const repeats = [...outsideClasses.matchAll(/\{\d+,(\d+)\}/g)].map((match) => Number(match[1]));
  if (repeats.reduce((product, most) => product * most, 1) > 100_000)
    return 'has too many long repeats';
  try {
    new RegExp(pattern);
    return null;
  } catch {
    return 'is not a regular expression';
  }
}
