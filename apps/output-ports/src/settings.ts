import { serviceEnvironment } from '@caremesh/platform';
import { z } from 'zod';

/** What the service reads from the environment besides what every service does. */
export const outputPortEnvironment = serviceEnvironment.extend({
  /** How often the grants of open ports are looked at: one that was revoked is closed after this long. */
  grantsEveryMs: z.coerce.number().int().min(100).default(1_000),
  /** After this long a view that changed gets its next snapshot: an hour. */
  snapshotsEveryMs: z.coerce.number().int().min(1_000).default(3_600_000),
  /** A view that a record has left gets its next snapshot this long after the last one at the soonest: a minute. */
  snapshotsSoonestMs: z.coerce.number().int().min(100).default(60_000),
  /** How long topics keep a tombstone, as governance sets them: seven days. */
  topicDeleteRetentionMs: z.coerce.number().int().min(100).default(604_800_000),
  /** How often governance is told how grants are used, where anything was. */
  usesEveryMs: z.coerce.number().int().min(100).default(10_000),
  /** Where snapshots are written; a folder of its own below MESH_HOME unless another is named. */
  snapshotsFolder: z.string().optional(),
  /** `host:port` under which recipients reach the database, where it is another than the service's own. */
  publicDatabase: z
    .string()
    .regex(/^[^:\s]+:\d+$/, 'host:port is expected.')
    .optional(),
});

export type Settings = z.output<typeof outputPortEnvironment>;
