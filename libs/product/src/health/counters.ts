import type { ItemOutcome } from '../define/source.js';
import type { Prepared } from '../intake/prepare.js';

/** What became of a product's items since the process began. */
type Counted = {
  accepted: number;
  unchanged: number;
  retracted: number;
  refused: number;
  refusals: { code: string; records: number }[];
  lastAcceptedAt: string | null;
};

type Counts = Omit<Counted, 'refusals'> & { refusals: Map<string, number> };

const NO_RECORDS: ReadonlySet<string> = new Set(['expire', 'back-fill', 'choice', 'restriction']);

/** Counts per product, in memory. */
export class Counters {
  readonly since = new Date().toISOString();
  readonly #products = new Map<string, Counts>();

  /** Counts items that have been committed, each with its outcome. */
  count(items: readonly Prepared[], outcomes: readonly ItemOutcome[]): void {
    const now = new Date().toISOString();
    for (const [at, item] of items.entries()) {
      const outcome = outcomes[at];
      const [first, next] = item.changes;
      // Whether somebody is restricted is said beside a record: that follows, or was refused, or there is none.
      const change =
        first?.change === 'restriction' ? (next ?? (item.refusal ? null : first)) : first;
      const product = change?.product.id ?? item.refusal?.product;
      // The end of a retention, and the filling of a major, is nobody's submission, and a person's choice is no record of a product.
      const isRecord = !NO_RECORDS.has(change?.change ?? '');
      if (!outcome || !product || !isRecord) continue;
      this.#one(this.#of(product), outcome, now);
    }
  }

  /** What was counted of a product. */
  of(product: string): Counted {
    const { refusals, ...counts } = this.#of(product);
    const byCode = [...refusals].map(([code, records]) => ({ code, records }));
    return { ...counts, refusals: byCode.sort((a, b) => (a.code < b.code ? -1 : 1)) };
  }

  #one(counts: Counts, { outcome, errors }: ItemOutcome, now: string): void {
    if (outcome === 'accepted') {
      counts.accepted += 1;
      counts.lastAcceptedAt = now;
    } else if (outcome === 'unchanged') counts.unchanged += 1;
    else if (outcome === 'retracted') counts.retracted += 1;
    else if (outcome === 'quarantined' || outcome === 'refused') {
      counts.refused += 1;
      for (const code of new Set(errors.map((error) => error.code))) {
        counts.refusals.set(code, (counts.refusals.get(code) ?? 0) + 1);
      }
    }
  }

  #of(product: string): Counts {
    let counts = this.#products.get(product);
    if (!counts) {
      const none = { accepted: 0, unchanged: 0, retracted: 0, refused: 0, lastAcceptedAt: null };
      this.#products.set(product, (counts = { ...none, refusals: new Map() }));
    }
    return counts;
  }
}
