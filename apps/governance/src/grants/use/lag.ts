/** What a group has committed, as the broker answers it; an offset below nought is none. */
export type GroupOffsets = {
  groupId: string;
  topics: readonly {
    topic: string;
    partitions: readonly { partition: number; offset: string }[];
  }[];
};

type Ends = ReadonlyMap<number, bigint>;

/** How far each group of a grant is behind on one topic, in records; partitions it never committed count whole. Pure. */
export function lagOf(topic: string, groups: readonly GroupOffsets[], ends: Ends) {
  return groups.flatMap(({ groupId, topics }) => {
    const committed = topics.find((one) => one.topic === topic);
    if (!committed) return [];
    const at = new Map(
      committed.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
    );
    let lag = 0n;
    let read = 0n;
    for (const [partition, end] of ends) {
      const offset = at.get(partition) ?? -1n;
      const passed = offset > 0n ? offset : 0n;
      lag += end > passed ? end - passed : 0n;
      read += passed;
    }
    return read > 0n ? [{ group: groupId, lag: Number(lag), recordsPassed: Number(read) }] : [];
  });
}

/** The grant as a whole on one topic: its most advanced group's lag, null while no group has committed. Pure. */
export function usageOf(topic: string, groups: readonly GroupOffsets[], ends: Ends) {
  const all = lagOf(topic, groups, ends);
  const end = [...ends.values()].reduce((sum, one) => sum + one, 0n);
  return {
    lag: all.length === 0 ? null : Math.min(...all.map(({ lag }) => lag)),
    endOffset: Number(end),
  };
}
