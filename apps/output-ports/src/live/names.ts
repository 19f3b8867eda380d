import { createHash } from 'node:crypto';

/** PostgreSQL cuts longer names off without a word. Those of fields and products are ASCII: a letter is a byte. */
const LONGEST_NAME = 63;
const ENDING = 8;

/** The name as PostgreSQL keeps it: a longer one ends in what tells it from others that begin alike. Pure. */
export function fitting(name: string): string {
  return name.length <= LONGEST_NAME ? name : endedBy(name, name);
}

/**
 * The table of a view among those that its grant has: one that has its name keeps it. Two products may differ in dots and
 * hyphens alone; then the second has an ending of its own. Pure.
 */
export function tableNameOf(
  { topic, product, major }: { topic: string; product: string; major: number },
  held: readonly { topic: string; tableName: string }[],
): string {
  const own = held.find((one) => one.topic === topic);
  if (own !== undefined) return own.tableName;
  const whole = `${product}.v${major}`;
  const name = fitting(whole.replaceAll(/[.-]/g, '_'));
  return held.some(({ tableName }) => tableName === name) ? endedBy(name, whole) : name;
}

function endedBy(name: string, whole: string): string {
  const ending = createHash('sha256').update(whole).digest('hex').slice(0, ENDING);
  return `${name.slice(0, LONGEST_NAME - ENDING - 1)}_${ending}`;
}
