import { z } from 'zod';

import { fault } from '../errors.js';
import type { ReadResource } from '../fhir/references.js';

/** The elements that are read of a choice, and nothing else. */
const coding = z.object({ system: z.string().optional(), code: z.string().optional() });
const concept = z.object({ coding: z.array(coding).optional() });
const identifier = z.object({
  system: z.string().optional(),
  value: z.string().optional(),
  use: z.string().optional(),
  assigner: z
    .object({
      identifier: z
        .object({ system: z.string().optional(), value: z.string().optional() })
        .optional(),
    })
    .optional(),
});
const reference = z.object({
  reference: z.string().optional(),
  identifier: identifier.optional(),
});
const head = {
  id: z.string().optional(),
  meta: z.object({ lastUpdated: z.string().optional() }).optional(),
  contained: z.array(z.unknown()).optional(),
};

const observation = z.object({
  ...head,
  resourceType: z.literal('Observation'),
  status: z.string(),
  code: concept,
  subject: reference.optional(),
  effectiveDateTime: z.string().optional(),
});
const consent = z.object({
  ...head,
  resourceType: z.literal('Consent'),
  status: z.string(),
  category: z.array(concept).optional(),
  patient: reference.optional(),
  dateTime: z.string().optional(),
  provision: z
    .object({ type: z.string().optional(), purpose: z.array(coding).optional() })
    .optional(),
});
const patient = z.object({
  resourceType: z.literal('Patient'),
  id: z.string().optional(),
  identifier: z.array(identifier).optional(),
});
/** Any resource, as much as says what it is. */
export const anyResource = z.looseObject({ resourceType: z.string(), id: z.unknown().optional() });
/** An entry, as much as says what it is about. */
export const subjectMatter = z.discriminatedUnion('resourceType', [
  observation.pick({ resourceType: true, code: true }),
  consent.pick({ resourceType: true, category: true, provision: true }),
]);
export const bundle = z.object({
  resourceType: z.literal('Bundle'),
  entry: z.array(z.object({ fullUrl: z.string().optional(), resource: z.unknown() })).optional(),
});

export type SubjectMatter = z.infer<typeof subjectMatter>;
export type Entry = z.infer<typeof observation> | z.infer<typeof consent>;
export type Patient = z.infer<typeof patient>;
export type Identifier = z.infer<typeof identifier>;
export type Reference = z.infer<typeof reference>;
export type Coding = z.infer<typeof coding>;

export const ENTRIES = { Observation: observation, Consent: consent };

/** Somebody whom entries may be about, or why it cannot be read; null for a resource of another kind. */
export function readPatient(kind: string, resource: object): ReadResource<Patient> | null {
  if (kind !== 'Patient') return null;
  const { data, error } = patient.safeParse(resource);
  if (data) return { resource: data, faults: [] };
  const paths = error.issues.map(({ path }) => `/${path.map(String).join('/')}`);
  return { resource: null, faults: paths.map((path) => fault('fhirElementInvalid', path)) };
}
