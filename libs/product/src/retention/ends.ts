import { momentBefore } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';

type Kept = { contract: Pick<DataContract, 'retention'>; held: boolean };

/**
 * Before when landed source data is forgotten: no product made of it needs it any more. A record's own source
 * goes with the record, should its retention be the shorter one. Pure.
 */
export function landedBefore(products: readonly Kept[], now: Date): Date {
  const ends = products.map(({ contract: { retention }, held }) => {
    const landed = momentBefore(now, retention.period).getTime();
    const records = held ? landed : momentBefore(now, retention.records).getTime();
    return Math.max(landed, records);
  });
  return new Date(Math.min(now.getTime(), ...ends));
}

/** Before when rows of joined sources are forgotten: a record may still be made anew of them while any is kept. Pure. */
export function partsBefore(products: readonly Kept[], now: Date): Date | null {
  if (products.length === 0 || products.some(({ held }) => held)) return null;
  const ends = products.map(({ contract: { retention } }) =>
    momentBefore(now, retention.records).getTime(),
  );
  return new Date(Math.min(...ends));
}
