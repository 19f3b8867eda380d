import type { Verdict } from './verify.js';

/** The verdict as sentences. */
export function verdictText(verdict: Verdict): string {
  return verdict.firstBad ? badText(verdict.firstBad) : goodText(verdict);
}

function badText(bad: NonNullable<Verdict['firstBad']>): string {
  if ('seq' in bad) return `Entry ${bad.seq}: ${bad.reason}.`;
  return `Entries ${bad.interval.from} to ${bad.interval.to}: ${bad.reason}.`;
}

function goodText({ entries, first, unsealed, checkpoints, made, later }: Verdict): string {
  const which = entries === 0 ? 'No entries' : `Entries ${first} to ${first + entries - 1}`;
  return [
    `${which}, each as it was written, in their order; ${checkpoints} checkpoints stand.`,
    `${unsealed} ${unsealed === 1 ? 'entry is' : 'entries are'} under no checkpoint.`,
    ...(later > 0
      ? [`The witness has seen ${later} more since the export was made, ${made}.`]
      : []),
  ].join('\n');
}
