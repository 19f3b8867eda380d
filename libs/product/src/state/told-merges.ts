import type { Statement } from '@caremesh/platform';

import { plainArray } from '../outbox/arrays.js';
import type { ToldMerge } from './model.js';
import { mergeName } from './world.js';

export type MergeRow = [
  person: string,
  into: string,
  product: string,
  survivor: string,
  ref: ToldMerge['ref'],
  publisherOds: string,
  out: number,
];

/** Merges that were told of people who are one of these now. */
export const MERGES_OF = {
  name: 'state-merges-of',
  rowMode: 'array' as const,
  text: `SELECT person, into_person, product, survivor, ref, publisher_ods, left_out FROM told_merge WHERE survivor = ANY($1::text[])`,
};

/** A row of `MERGES_OF` by names. */
export function mergeFrom([
  person,
  into,
  product,
  survivor,
  ref,
  publisherOds,
  out,
]: MergeRow): ToldMerge {
  return { person, into, product, survivor, ref, publisherOds, out };
}

/** With each a record of its survivor is told: the people's rows say whether another transaction came first. */
export function mergeStatement(merges: readonly ToldMerge[]): Statement {
  const all = [...merges].sort((a, b) => (mergeName(a) < mergeName(b) ? -1 : 1));
  return {
    name: 'state-merges-written',
    text: `INSERT INTO told_merge (person, into_person, product, survivor, ref, publisher_ods, left_out)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::int2[])
      ON CONFLICT (person, into_person, product) DO UPDATE SET survivor = excluded.survivor, ref = excluded.ref,
        publisher_ods = excluded.publisher_ods, left_out = excluded.left_out`,
    values: [
      plainArray(all.map(({ person }) => person)),
      plainArray(all.map(({ into }) => into)),
      plainArray(all.map(({ product }) => product)),
      plainArray(all.map(({ survivor }) => survivor)),
      all.map(({ ref }) => ref && JSON.stringify(ref)),
      all.map(({ publisherOds }) => publisherOds),
      plainArray(all.map(({ out }) => out)),
    ],
  };
}
