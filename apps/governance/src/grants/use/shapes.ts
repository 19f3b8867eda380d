import { z } from 'zod';

/** The ways out of a grant that an output port serves. */
export const PORT_WAYS = ['sql', 'files', 'aggregates'] as const;

const count = z.int().nonnegative();

/** What an output port tells of its use: totals since its beginning, one line for each topic and way. */
export const useBody = z.strictObject({
  items: z
    .array(
      z.strictObject({
        topic: z.string().max(249),
        way: z.enum(PORT_WAYS),
        lastAt: z.iso.datetime({ offset: true }),
        times: count,
        records: count.nullable(),
      }),
    )
    .max(1_000),
});
export type UseBody = z.output<typeof useBody>;
