/**
 * The more views an edition has, the longer its records are gathered: each batch is a row, a record and a batch at the broker
 * per view and partition, whether it holds one record or fifty. With 200 views, a second. With few, long enough that at 200 records a
 * second ten share a transaction: one for each took from those who wait for an answer (ADR 031). One that comes alone goes at once.
 */
const APART_MS_PER_VIEW = 5;
const FEWEST_APART_MS = 50;
const MOST_APART_MS = 1_000;
/**
 * What a transaction costs by itself is a tenth of what a view's records cost, with 500 of them: so it takes up to twice as
 * many in each lane, but never more rows of views at once than 100 records in 200 views are: whoever waits for the same database
 * waits behind them (ADR 031).
 */
const MOST_OF_BATCH = 1_000;
const ROWS_OF_BATCH = 20_000;

/** How long after one batch of an edition with so many views the next is begun, unless more has come than one holds. */
export const apartFor = (views: number): number =>
  Math.max(FEWEST_APART_MS, Math.min(MOST_APART_MS, views * APART_MS_PER_VIEW));

/** Records of a batch that is written to so many views: one at least, whatever rows it makes. */
export const batchFor = (views: number): number =>
  Math.max(1, Math.min(MOST_OF_BATCH, Math.floor(ROWS_OF_BATCH / views)));
