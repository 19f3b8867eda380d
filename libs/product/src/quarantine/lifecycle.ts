/** Every state of a quarantined item. */
export const QUARANTINE_STATES = ['open', 'replayed', 'resolved', 'discarded'] as const;
export type QuarantineState = (typeof QUARANTINE_STATES)[number];

/** What can happen to it: taken in again and published, made good by its source, or put away for a reason. */
export type QuarantineEvent = 'replay' | 'resolve' | 'discard';

/** The legal moves. A joined root that is taken in again and is fine resolves its items itself, and counts as replayed. */
export const QUARANTINE_MOVES: Record<
  QuarantineState,
  Partial<Record<QuarantineEvent, QuarantineState>>
> = {
  open: { replay: 'replayed', resolve: 'resolved', discard: 'discarded' },
  resolved: { replay: 'replayed' },
  replayed: {},
  discarded: {},
};

/** The states that an event moves, with where it leads from each. */
export const movesBy = (event: QuarantineEvent): [from: QuarantineState, to: QuarantineState][] =>
  QUARANTINE_STATES.flatMap((from) => {
    const to = QUARANTINE_MOVES[from][event];
    return to ? [[from, to]] : [];
  });
