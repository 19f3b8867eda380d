import type { Counting } from './question.js';
import type { Place } from './small-numbers.js';

/** A cell as it is counted: records and people. */
export type Counted = { place: Place; records: number; people: number };

/** A cell that others lie in: of fewer columns than theirs. */
export type Ancestor = Counted & { columns: readonly string[] };

/** Two cells of different tables that share somebody. */
export type Overlap = {
  now: string;
  old: string;
  /** Who is in both. */
  people: number;
  /** Whether every record of the one is a record of the other. */
  isOldWithin: boolean;
  isNowWithin: boolean;
  /** The people on whom the difference rests. */
  moreInNow: number;
  moreInOld: number;
};

/** Records that can be counted. */
export type Source = {
  /** Whether it has every column that a counting names. */
  has(counting: Counting): boolean;
  /**
   * The cells of a counting that are not empty, and all of up to `few` people that they lie in; null where there are more than `most` cells, or
   * twenty times as many of those.
   */
  table(
    counting: Counting,
    limits: { most: number; few: number },
  ): Promise<{ cells: Counted[]; few: Ancestor[] } | null>;
  /** The mean of a column in each cell. */
  means(counting: Counting, column: string): Promise<Map<string, number>>;
  overlaps(now: Counting, old: Counting): Promise<Overlap[]>;
  /** For each cell of `mine` the people on whom rests what the cells of `other` that are paired with it leave of it. */
  left(
    mine: Counting,
    other: Counting,
    covered: readonly (readonly [string, string])[],
  ): Promise<Map<string, number>>;
};
