import { serviceEnvironment } from '@caremesh/platform';
import { z } from 'zod';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const milliseconds = z.coerce.number().int().min(100);

/** What the service reads from the environment besides what every service does. */
export const disclosureEnvironment = serviceEnvironment.extend({
  /** The key that closes the pseudonym keys, and former ones (comma-separated) until everything is wrapped anew. */
  wrappingKeyFile: z.string().optional(),
  formerWrappingKeyFiles: z.string().optional(),
  /** SNOMED CT codes that are in no view, besides what is known of other systems; see views. */
  sensitiveCodesFile: z.string().optional(),
  /** How often governance is asked which grants are active: a new one waits this long, and a revoked one too. */
  grantsEveryMs: z.coerce.number().int().min(100).default(1_000),
  /** Mailboxes of the organisations at the NHS's MESH; see check-service. */
  checkMailboxesFile: z.string().optional(),
  /** How often the mailboxes are looked into. */
  checkEveryMs: milliseconds.optional(),
  /** How long a cleaned list may be kept and used. */
  checkMaxAgeMs: milliseconds.default(DAY),
  /** At what age a list is asked for again, and how long after a request at the earliest. */
  checkRefreshMs: milliseconds.default(DAY / 4),
  checkAgainMs: milliseconds.optional(),
  /** How long an answer is waited for. */
  checkAnswerMs: milliseconds.default(DAY / 6),
  /** At which times recipients are told what is no longer available: whole multiples of this. */
  withdrawalsEveryMs: milliseconds.default(HOUR),
  /** How long topics keep a tombstone, as governance sets them. */
  topicDeleteRetentionMs: milliseconds.default(7 * DAY),
});

export type Settings = z.output<typeof disclosureEnvironment>;

/**
 * How the check service is asked. A stand-in answers at once, so it is asked as people come; the service itself takes some
 * 40 minutes and is looked for once a minute.
 */
export function paceOf(settings: Settings) {
  const standsIn = settings.checkMailboxesFile === undefined;
  return {
    everyMs: settings.checkEveryMs ?? (standsIn ? 500 : 60_000),
    refreshMs: settings.checkRefreshMs,
    // Each list with new people has their edition read again: asked every second, that was most of what disclosure did.
    againMs: settings.checkAgainMs ?? (standsIn ? 3_000 : HOUR),
    // What a stand-in was asked is forgotten with its process.
    answerMs: standsIn ? 5_000 : settings.checkAnswerMs,
  };
}

/**
 * Files of wrapping keys that may have closed a pseudonym key before: those named, and the service's own key, which does
 * where no other is named.
 */
export function formerKeyFiles(settings: Settings): string[] {
  const { wrappingKeyFile, formerWrappingKeyFiles, keyFile } = settings;
  const named = formerWrappingKeyFiles?.split(',').filter((file) => file !== '') ?? [];
  return wrappingKeyFile === undefined ? named : [...named, keyFile];
}
