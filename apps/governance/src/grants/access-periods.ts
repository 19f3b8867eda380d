/** A line of a grant's timeline, as far as access is concerned. */
type TimelineEvent = { event: string; at: Date };

/** A time during which the broker let the grant read; `until` is null while it still does. */
export type AccessPeriod = { since: Date; until: Date | null };

const ENDINGS = ['suspended', 'expired', 'revoked'];

/** When a grant could read, from its timeline in order: each activation until the next suspension or end. Pure. */
export function periodsOf(timeline: readonly TimelineEvent[]): AccessPeriod[] {
  const periods: AccessPeriod[] = [];
  for (const { event, at } of timeline) {
    const open = periods.at(-1)?.until === null ? periods.at(-1) : undefined;
    if (event === 'activated' && !open) periods.push({ since: at, until: null });
    if (ENDINGS.includes(event) && open) open.until = at;
  }
  return periods;
}

/** The periods of which some moment lies from `begin` until before `end`. Pure. */
export function within(periods: readonly AccessPeriod[], begin: Date, end: Date): AccessPeriod[] {
  return periods.filter(
    ({ since, until }) => since < end && (until === null || (until > begin && until > since)),
  );
}

/** The periods as far as they lie before `end`: what is read ended, though the grant goes on. Pure. */
export function until(periods: readonly AccessPeriod[], end: Date | null): AccessPeriod[] {
  if (end === null) return [...periods];
  return periods
    .filter(({ since }) => since < end)
    .map((one) => ({ since: one.since, until: one.until && one.until < end ? one.until : end }));
}

/** The periods as far as they lie after `begin`: what is read came later than the grant. Pure. */
export function since(periods: readonly AccessPeriod[], begin: Date): AccessPeriod[] {
  return periods
    .filter((one) => one.until === null || one.until > begin)
    .map((one) => ({ since: one.since > begin ? one.since : begin, until: one.until }));
}
