import type { FieldPromise } from '../promise/data-contract.js';
import { breaking, visible, type Change } from './change.js';

/**
 * What values a field may have, besides its codes. Narrowed, values published before break the contract that now
 * holds, as with a narrowed code list; widened, consumers meet values they did not know.
 */
export const LIMIT_RULES = [pattern, longest, least, most];

function pattern(before: FieldPromise, after: FieldPromise): Change[] {
  if (before.pattern === after.pattern) return [];
  const how = `The shape of \`${after.path}\` changes from ${before.pattern ?? 'any'} to ${after.pattern ?? 'any'}`;
  if (after.pattern === undefined)
    return [visible(after.path, 'limits', `${how}: consumers may meet other shapes.`)];
  // Whether one pattern takes all that another takes cannot be told in general: the stricter answer.
  return [
    breaking(after.path, 'limits', `${how}: values of the old shape may break the contract.`),
  ];
}

function longest(before: FieldPromise, after: FieldPromise): Change[] {
  const what = `The longest \`${after.path}\`, in characters,`;
  return bound(after.path, what, before.maxLength, after.maxLength, 1);
}

function least(before: FieldPromise, after: FieldPromise): Change[] {
  return bound(after.path, `The least \`${after.path}\``, before.minimum, after.minimum, -1);
}

function most(before: FieldPromise, after: FieldPromise): Change[] {
  return bound(after.path, `The greatest \`${after.path}\``, before.maximum, after.maximum, 1);
}

/** `sense` is 1 where a smaller number allows less, -1 where a greater one does. */
function bound(
  path: string,
  what: string,
  before: number | undefined,
  after: number | undefined,
  sense: 1 | -1,
): Change[] {
  if (before === after) return [];
  const how = `${what} changes from ${before ?? 'no limit'} to ${after ?? 'no limit'}`;
  const size = (limit: number | undefined) => (limit === undefined ? Infinity : limit * sense);
  return size(after) < size(before)
    ? [breaking(path, 'limits', `${how}: values beyond it break the contract.`)]
    : [visible(path, 'limits', `${how}: consumers may meet values beyond the old one.`)];
}
