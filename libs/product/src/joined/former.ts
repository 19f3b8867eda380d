import type { PoolClient } from 'pg';

import { byteaArray, plainArray } from '../outbox/arrays.js';

/** What a row said before: by it a file delivered again is known. */
export type FormerRow = { key: Buffer; digest: Buffer; at: number };
/** What is stored of a row; `former`: what comes in its place was said before it, of the same return. */
export type StoredBefore = { digest: Buffer; at: number | null; former: boolean };
type Coming = { digest: Buffer; at: number | null };

/** Whether a row may say something new: it is not as stored, and was not said before of the same return. */
export const says = ({ digest, at }: Coming, stored: StoredBefore | undefined): boolean =>
  !stored ||
  (!stored.digest.equals(digest) &&
    (!stored.former || (at !== null && stored.at !== null && at > stored.at)));

/** What is remembered of a row when another takes its place. Where that is of a later return, the time tells them apart. */
export const formerOf = (
  { at }: Coming,
  stored: (StoredBefore & { key: Buffer }) | undefined,
): FormerRow[] =>
  stored && stored.at !== null && (at === null || at <= stored.at)
    ? [{ key: stored.key, digest: stored.digest, at: stored.at }]
    : [];

/** Remembers what rows said, for as long as the rows are kept that took their place. */
export async function rememberFormer(
  client: PoolClient,
  rows: readonly FormerRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await client.query({
    name: 'joined-former',
    text: `INSERT INTO part_former (key, digest, at) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::int8[])
           ON CONFLICT DO NOTHING`,
    values: [
      byteaArray(rows.map(({ key }) => key)),
      byteaArray(rows.map(({ digest }) => digest)),
      plainArray(rows.map(({ at }) => at)),
    ],
  });
}
