import { z } from 'zod';
import { pageQuery } from '../http/page.js';

const major = z.number().int().min(1).max(9_999);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const time = z.iso.datetime();
const code = z.string().regex(/^MESH-\d{4}$/);
// Names of 128 letters, one within another: what the contract allows is told whole.
const fieldPath = z.string().max(2_000);
const schemaId = z.number().int().min(0).max(4_294_967_295);
const odsCode = z.string().regex(/^(?!\d{10}$)[A-Z0-9]{3,10}$/);

const finding = z.strictObject({
  partition: z.number().int().min(0),
  offset: count,
  step: z.enum(['key', 'wire', 'approval', 'decode', 'envelope', 'contract']),
  code,
  path: fieldPath.nullable(),
  schemaId: schemaId.nullable(),
  publisher: odsCode.nullable(),
  writtenAt: time,
});

/** What the monitor found; `totals` count everything since it began, also what is not listed. */
export const findingsBody = z.strictObject({
  major,
  findings: z.array(finding).min(1).max(200),
  totals: z.strictObject({ records: count, findings: count }),
});
export type FindingsBody = z.output<typeof findingsBody>;

/** What the monitor counted over its window. */
const monitorNumbers = z.strictObject({
  records: count,
  live: count,
  findings: count,
  bytes: count,
  timely: count,
  late: count,
  slowestMs: count,
  newestAt: time.nullable(),
  stated: z.array(z.strictObject({ field: fieldPath, records: count })).max(1_000),
  versions: z
    .array(z.strictObject({ schemaId, records: count, newestAt: time.nullable() }))
    .max(1_000),
});
export type MonitorNumbers = z.output<typeof monitorNumbers>;

/** What the publishing domain counted since its process began. */
const domainNumbers = z.strictObject({
  since: time,
  accepted: count,
  unchanged: count,
  retracted: count,
  refused: count,
  refusals: z.array(z.strictObject({ code, records: count })).max(200),
  /** For how long something committed has waited to be published; 0 when nothing waits. */
  publishLagMs: count,
  lastAcceptedAt: time.nullable(),
});
export type DomainNumbers = z.output<typeof domainNumbers>;

/** `window` from the monitor, `intake` from the publishing domain; each may send its own alone. */
export const healthBody = z.union([
  z.strictObject({ major, window: monitorNumbers }),
  z.strictObject({ major, intake: domainNumbers }),
]);
export type HealthBody = z.output<typeof healthBody>;

export const findingsQuery = z.strictObject({
  major: z.coerce.number().int().optional(),
  ...pageQuery,
});
export type FindingsQuery = z.output<typeof findingsQuery>;
