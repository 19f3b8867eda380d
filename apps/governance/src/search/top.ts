/** The first `count` items by `compare`, in order, without sorting the rest: of 10,000 a page is wanted. */
export function topOf<T>(
  items: Iterable<T>,
  count: number,
  compare: (one: T, other: T) => number,
): T[] {
  const top: T[] = [];
  for (const item of items) {
    if (top.length === count && compare(item, top[count - 1]!) >= 0) continue;
    let [low, high] = [0, top.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(top[middle]!, item) <= 0) low = middle + 1;
      else high = middle;
    }
    top.splice(low, 0, item);
    if (top.length > count) top.pop();
  }
  return top;
}
