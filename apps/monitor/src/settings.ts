import { serviceEnvironment } from '@caremesh/platform';
import { z } from 'zod';

const milliseconds = (initial: number) => z.coerce.number().int().min(100).default(initial);

/** What the monitor reads from the environment besides what every service does. */
export const monitorEnvironment = serviceEnvironment.extend({
  /** How often governance is asked which products there are. */
  productsEveryMs: milliseconds(3_000),
  /** How often what was found is reported: a record is read within a second, so it is reported within five. */
  reportEveryMs: milliseconds(2_000),
  /** Health is measured over this long, up to now: a day. Counts are kept in 24 parts of it. */
  healthWindowMs: milliseconds(86_400_000),
});

export type Settings = z.output<typeof monitorEnvironment>;
