import type { ItemOutcome, Outcome } from '../define/source.js';
import type { Fault } from '../errors.js';

/** Items shown in an answer; all are counted. */
const MOST_SHOWN = 1_000;

type ShownItem = {
  index: number;
  sourceId: string | null;
  outcome: Outcome;
  quarantineId?: string;
  errors: Fault[];
};

/** What a publisher is told of a submission (interfaces.md, Intake). */
export type Answer = {
  receipt: string;
  received: number;
  accepted: number;
  unchanged: number;
  retracted: number;
  quarantined: number;
  held: number;
  notUsed: number;
  items: ShownItem[];
  /** What is odd about the whole and did no harm: no item was refused for it. */
  warnings: Fault[];
};

/** An answer of which nothing has been counted yet. */
export function emptyAnswer(receipt: string): Answer {
  return {
    receipt,
    received: 0,
    accepted: 0,
    unchanged: 0,
    retracted: 0,
    quarantined: 0,
    held: 0,
    notUsed: 0,
    items: [],
    warnings: [],
  };
}

/** What one unit of a submission came to. */
export type UnitResult = {
  /** Items of the submission that are stored with this unit; the next start passes over them. */
  stored: number;
  outcomes: readonly ItemOutcome[];
  /** Outcomes that are only counted. */
  counted?: Partial<Record<Outcome, number>>;
  /** What was found odd while these items were read. */
  warnings?: readonly Fault[];
  /** The submission ends here; items of which nothing was said (superseded within it) changed nothing. */
  complete?: boolean;
};

/** Whether a unit adds to the items that the answer shows. */
export const showsItems = ({ outcomes }: UnitResult): boolean =>
  outcomes.some(({ index }) => index < MOST_SHOWN);

/** Counts what a unit came to into an answer. */
function count(answer: Answer, result: UnitResult): void {
  const { stored, outcomes, counted = {}, warnings = [], complete } = result;
  answer.received += stored;
  // A submission taken up again is read from its beginning again, and what is odd about it found again.
  const isNew = (one: Fault) =>
    !answer.warnings.some(({ path, message }) => path === one.path && message === one.message);
  const noted = [...warnings];
  for (const [outcome, n] of Object.entries(counted)) answer[outcome as Outcome] += n;
  for (const { index, sourceId, outcome, quarantineId, errors } of outcomes) {
    // Only a listener's items can be refused outright; over HTTP a refusal is in quarantine.
    const shown: Outcome = outcome === 'refused' ? 'quarantined' : outcome;
    answer[shown] += 1;
    // That an item came too late to count is no fault of it: it is told beside the items, where somebody may look at it.
    const isFault = shown !== 'unchanged';
    if (index < MOST_SHOWN) {
      if (!isFault) noted.push(...errors.map((one) => ({ ...one, path: sourceId ?? one.path })));
      answer.items.push({
        index,
        sourceId,
        outcome: shown,
        ...(quarantineId && { quarantineId }),
        errors: isFault ? errors : [],
      });
    }
  }
  if (noted.length > 0) answer.warnings = [...answer.warnings, ...noted.filter(isNew)];
  if (complete) answer.unchanged += Math.max(0, answer.received - settledOf(answer));
}

const settledOf = (answer: Answer): number =>
  answer.accepted +
  answer.unchanged +
  answer.retracted +
  answer.quarantined +
  answer.held +
  answer.notUsed;

/**
 * The answer as it grows unit by unit. A unit may be decided again (another transaction came first), so what
 * was after each is kept apart for a while and made anew.
 */
export class Tally {
  readonly #after = new Map<number, Answer>();
  #last: Answer;

  constructor(start: Answer) {
    this.#after.set(-1, start);
    this.#last = start;
  }

  /** The answer after unit `n`. */
  after(n: number, result: UnitResult): Answer {
    const before = this.#after.get(n - 1)!;
    const shows = showsItems(result);
    this.#last = { ...before, items: shows ? [...before.items] : before.items };
    count(this.#last, result);
    if (shows) this.#last.items.sort((a, b) => a.index - b.index);
    this.#after.set(n, this.#last);
    this.#after.delete(n - KEPT_UNITS);
    return this.#last;
  }

  get last(): Answer {
    return this.#last;
  }
}

/** More units than this never share a transaction. */
const KEPT_UNITS = 600;
