import { serviceEnvironment } from '@caremesh/platform';
import { z } from 'zod';

/** What the service reads from the environment besides what every service does. */
export const outputPortEnvironment = serviceEnvironment.extend({
  /** How often the grants of open ports are looked at: one that was revoked is closed after this long. */
  grantsEveryMs: z.coerce.number().int().min(100).default(1_000),
  /** `host:port` under which recipients reach the database, where it is another than the service's own. */
  publicDatabase: z
    .string()
    .regex(/^[^:\s]+:\d+$/, 'host:port is expected.')
    .optional(),
});

export type Settings = z.output<typeof outputPortEnvironment>;
