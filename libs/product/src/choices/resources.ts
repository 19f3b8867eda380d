import { z } from 'zod';

import { fault } from '../errors.js';
import type { ReadResource } from '../fhir/references.js';

/** The elements that are read of a choice, and nothing else. */
const coding = z.object({ system: z.string().optional(), code: z.string().optional() });
const concept = z.object({ coding: z.array(coding).optional() });
const organisation = z.object({
  reference: z.string().optional(),
  identifier: z.object({ system: z.string().optional(), value: z.string().optional() }).optional(),
});
const identifier = z.object({
  type: concept.extend({ text: z.string().optional() }).optional(),
  system: z.string().optional(),
  value: z.string().optional(),
  use: z.string().optional(),
  period: z.object({ end: z.string().optional() }).optional(),
  assigner: organisation.optional(),
});
const reference = z.object({
  reference: z.string().optional(),
  identifier: identifier.optional(),
});
const meta = z.object({ lastUpdated: z.string().optional() });
const head = {
  id: z.string().optional(),
  meta: meta.optional(),
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
const absent = z.undefined().optional();
const organization = z.object({
  resourceType: z.literal('Organization'),
  id: z.string().optional(),
  // Whoever finds such an element cannot know what the rest means (FHIR R4, 2.6.2).
  ...{ implicitRules: absent, modifierExtension: absent },
  identifier: z.array(identifier).optional(),
});
const patient = z.object({
  resourceType: z.literal('Patient'),
  id: z.string().optional(),
  meta: meta.optional(),
  contained: z
    .array(z.unknown())
    .optional()
    .transform((all) => all?.flatMap(readContained)),
  identifier: z.array(identifier).optional(),
  managingOrganization: organisation.optional(),
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
export type Organization = z.infer<typeof organization>;
export type Identifier = z.infer<typeof identifier>;
export type Reference = z.infer<typeof reference>;
export type Coding = z.infer<typeof coding>;

export const ENTRIES = { Observation: observation, Consent: consent };

/** Somebody whom entries may be about, or why it cannot be read; null for a resource of another kind. */
export function readPatient(kind: string, resource: object): ReadResource<Patient> | null {
  return kind === 'Patient' ? readAs(patient, resource) : null;
}

/** Who may have issued an identifier, or why it cannot be read; null for a resource of another kind. */
export function readOrganization(
  kind: string,
  resource: object,
): ReadResource<Organization> | null {
  return kind === 'Organization' ? readAs(organization, resource) : null;
}

function readAs<R extends object>(schema: z.ZodType<R>, resource: object): ReadResource<R> {
  const { success, data, error } = schema.safeParse(resource);
  if (success) return { resource: data, faults: [] };
  const paths = error.issues.map(({ path }) => `/${path.map(String).join('/')}`);
  return { resource: null, faults: paths.map((path) => fault('fhirElementInvalid', path)) };
}

/**
 * Of what a patient contains those who may have issued their identifiers, with the elements that are read. One that cannot be read
 * keeps its name: what is meant by that is not what else may have it.
 */
function readContained(one: unknown): object[] {
  const { data } = anyResource.safeParse(one);
  const read = data && readOrganization(data.resourceType, data);
  return read ? [read.resource ?? { resourceType: data.resourceType, id: data.id }] : [];
}
