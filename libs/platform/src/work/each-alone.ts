/** Does `work` for one after the other. What fails for one leaves the others; the first failure is thrown once all had their turn. */
export async function eachAlone<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await work(item).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
