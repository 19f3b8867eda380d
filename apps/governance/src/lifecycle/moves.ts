/** The legal moves of a life-cycle: for each state, where what can happen to it leads. */
type Moves<State extends string, Event extends string> = Record<
  State,
  Partial<Record<Event, State>>
>;

/**
 * The two questions that every life-cycle is asked, of its table. What is not in the table cannot happen, whoever asks. `called`:
 * events that go by another name where they are asked for.
 */
export function movesOf<State extends string, Event extends string>(
  table: Moves<State, Event>,
  called: Partial<Record<string, string>> = {},
) {
  return {
    /** Where `event` leads from `state`, or null if that is no legal move. */
    moveOf: (state: State, event: Event): State | null => table[state][event] ?? null,
    /** The events a state allows, for the sentence that refuses another. */
    openMoves: (state: State): string => {
      const events = Object.keys(table[state]).map((event) => called[event] ?? event);
      return events.length > 0 ? `from "${state}": ${events.join(', ')}` : `"${state}" is final`;
    },
  };
}
