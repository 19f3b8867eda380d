import { isAbsolute } from 'node:path';
import { serviceEnvironment } from '@caremesh/platform';
import { z } from 'zod';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MEBIBYTE = 1_048_576;
const count = (initial: number) => z.coerce.number().int().min(1).default(initial);
const file = z.string().refine(isAbsolute, 'An absolute path is expected.');
const milliseconds = (initial: number) => z.coerce.number().int().min(0).default(initial);

/**
 * What governance reads from the environment besides what every service does. The topic settings are
 * those of the design (compacted; every record's latest state kept); a test sets them to seconds.
 */
export const governanceEnvironment = serviceEnvironment.extend({
  topicPartitions: count(6),
  viewPartitions: count(3),
  topicReplication: count(1),
  topicMinCompactionLagMs: milliseconds(HOUR),
  topicMaxCompactionLagMs: milliseconds(DAY),
  topicSegmentMs: milliseconds(DAY),
  topicDeleteRetentionMs: milliseconds(7 * DAY),
  /** Does the registry serve other houses too? In one of the mesh's own, every subject that nobody decided goes. */
  registryShared: z.stringbool().default(true),
  /** How often what was decided is compared with what stands. */
  reconcileEveryMs: count(4_000),
  longestGrantDays: count(731),
  /** So long a grant still reads beside the amendment that takes its place, so that its reader can change over. */
  amendmentOverlapHours: z.coerce.number().min(0).default(24),
  /** Who may break the glass: roles, with commas between them. How long it lasts, and within what it is reviewed. */
  breakGlassRoles: z.string().default('care-professional'),
  breakGlassHours: z.coerce.number().positive().max(24).default(4),
  breakGlassReviewHours: count(48),
  /** Days before its end at which a grant's people are reminded, with commas between them. */
  grantReminderDays: z
    .string()
    .regex(/^\d+(,\d+)*$/)
    .default('30,7,1'),
  /** How often it is looked at what a grant's people are to be told. */
  grantNoticesEveryMs: count(5_000),
  /** A grant that read nothing for so long is flagged as unused. */
  unusedAfterDays: count(30),
  /** A proposal is decided within so many days, or its deciders are reminded, once a day. */
  decideWithinDays: count(10),
  longestCoverDays: count(90),
  /** Conformance is restored when nothing was found for so long. */
  conformanceQuietMs: count(DAY),
  /** What a grant or a domain may use of the broker unless its decision says otherwise. */
  grantBytesPerSecond: count(4 * MEBIBYTE),
  grantRequestPercent: count(50),
  domainBytesPerSecond: count(64 * MEBIBYTE),
  domainRequestPercent: count(300),
  /** How often the groups of grants are looked at for what they have read. */
  readingsEveryMs: count(10_000),
  /** A consumer that has read within this time still uses a major: it cannot be retired. */
  readWindowHours: z.coerce
    .number()
    .min(0)
    .default(7 * 24),
  /** What is in a retired major's topics is kept for so long, for whoever reads late by decision; then it is let go of. */
  retiredTopicHours: z.coerce
    .number()
    .min(0)
    .default(30 * 24),
  /** Between a major's retirement and the moment its domain may no longer write it: what is on its way arrives. */
  retiredGraceMs: milliseconds(60_000),
  /** Where consumers reach the broker, if that is another address than ours. */
  kafkaPublicBrokers: z.string().optional(),
  /** Name of this mesh's ledger on its checkpoints: give each mesh that shares a witness its own. */
  ledgerOrigin: z
    .string()
    .regex(/^[^\s+]+$/)
    .max(200)
    .default('caremesh/ledger'),
  /** Key and principal of the sealer, and its witness outside the database; under MESH_HOME if not given. */
  sealerKeyFile: file.optional(),
  sealerClientId: z.string().min(1).default('svc-ledger-sealer'),
  sealerClientSecretFile: file.optional(),
  witnessFile: file.optional(),
  /** `sub` of the person who is governance lead before anybody else is: production starts with this one. */
  firstGovernanceLead: z
    .string()
    .regex(/^user-[a-z0-9-]+$/)
    .optional(),
});

export type Settings = z.output<typeof governanceEnvironment>;

/** Injection token of the parsed settings. */
export const SETTINGS = Symbol('settings');

/** Injection token of the service's logger. */
export const LOGGER = Symbol('logger');
