/** One measured figure of one round: records per second, or milliseconds, as its name says. */
type Figure = number;

export type Contender = { name: string; run: (round: number) => Promise<Figure> };

export type Interleaved = { name: string; figures: Figure[]; median: Figure };

/** The middle of the sorted figures; of an even count the lower middle, so that it is a figure that was seen. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** The value below which `share` (0 to 1) of the figures lie, by nearest rank. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/**
 * Runs every contender once in each round, in turn, so that a machine whose speed drifts (20 to 40 % between
 * minutes was seen) drifts for all of them alike. One unmeasured round goes first.
 */
export async function interleave(contenders: Contender[], rounds: number): Promise<Interleaved[]> {
  for (const contender of contenders) await contender.run(-1);
  const figures = contenders.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++)
    for (const [at, contender] of contenders.entries())
      figures[at]!.push(await contender.run(round));
  return contenders.map(({ name }, at) => ({
    name,
    figures: figures[at]!,
    median: median(figures[at]!),
  }));
}

/** The median of the ratios ours / peer, round by round. */
export function ratio(ours: Interleaved, peer: Interleaved): number {
  return median(ours.figures.map((figure, round) => figure / peer.figures[round]!));
}
