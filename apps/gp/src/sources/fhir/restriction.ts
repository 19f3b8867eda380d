import { ukTime, type PersonRef, type Restriction } from '@caremesh/product';
import { z } from 'zod';
import type { Patient } from './resources.js';

/** HL7's v3-Confidentiality as the national service uses it: restricted, and very restricted. */
const RESTRICTED = ['R', 'V'];
/** That somebody is not: unrestricted, which the national service writes, and what the code system has below restricted. */
const OPEN = ['U', 'L', 'M', 'N'];

/**
 * What a patient says of whether their whereabouts are restricted (`meta.security`); undefined if nothing, or of nobody who
 * can be told. A patient without a label says nothing: a practice whose system writes none must not lift what the national
 * service said. A contained one cannot have a label (FHIR R4, dom-5), so it lifts nothing either.
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
  const lifts =
    !isContained &&
    labels.some((code) => code !== undefined && OPEN.includes(code)) &&
    !(time !== undefined && at === null);
  return restricted || lifts ? { person, restricted, at } : undefined;
}

const labelled = z.object({
  meta: z.object({ security: z.array(z.object({ code: z.enum(RESTRICTED) }).catch({ code: '' })) }),
});

/** Whether a patient is marked as restricted who else cannot be read. */
export const isMarked = (resource: unknown): boolean =>
  labelled.safeParse(resource).data?.meta.security.some(({ code }) => code !== '') ?? false;
