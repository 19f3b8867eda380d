import { ukTime, type PersonRef, type Restriction } from '@caremesh/product';
import { z } from 'zod';
import type { Patient } from './resources.js';

/** HL7's v3-Confidentiality as the national service uses it: restricted, and very restricted. */
const RESTRICTED = ['R', 'V'];
/** Of a record that the service does not show at all. */
const REDACTED = 'REDACTED';

/**
 * What a patient says of whether their whereabouts are restricted (`meta.security`); undefined if nothing, or of nobody who
 * can be told. A contained patient cannot have a label (FHIR R4, dom-5), so that there is none says nothing.
 */
export function restrictionOf(
  { meta }: Patient,
  person: PersonRef | null,
  isContained: boolean,
): Restriction | undefined {
  if (!person) return undefined;
  const labels = (meta?.security ?? []).map(({ code }) => code);
  const restricted = labels.some((code) => code !== undefined && RESTRICTED.includes(code));
  const time = meta?.lastUpdated;
  const at = time === undefined ? null : (ukTime.parseDateTime(time, '').value ?? null);
  const isUnsaid = isContained || labels.includes(REDACTED) || (time !== undefined && at === null);
  return !restricted && isUnsaid ? undefined : { person, restricted, at };
}

const labelled = z.object({
  meta: z.object({ security: z.array(z.object({ code: z.enum(RESTRICTED) }).catch({ code: '' })) }),
});

/** Whether a patient is marked as restricted who else cannot be read. */
export const isMarked = (resource: unknown): boolean =>
  labelled.safeParse(resource).data?.meta.security.some(({ code }) => code !== '') ?? false;
