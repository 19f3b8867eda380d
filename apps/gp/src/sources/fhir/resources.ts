import { fault, type Fault } from '@caremesh/product';
import { z } from 'zod';

/**
 * The elements of FHIR R4 that this domain reads, and nothing else: parsing leaves out every other one, so a
 * name or address line of a patient is never landed beside a prescription.
 */
const coding = z.object({
  system: z.string().optional(),
  code: z.string().optional(),
  display: z.string().optional(),
});
const concept = z.object({ coding: z.array(coding).optional(), text: z.string().optional() });
const absent = z.undefined().optional();
/** Of what a medicine refers to: whoever finds such an element cannot know what the rest means (FHIR R4, 2.6.2). */
const understood = { implicitRules: absent, modifierExtension: absent };
const modifierExtension = z.array(z.unknown()).optional();
const quantity = z.object({
  comparator: z.string().optional(),
  value: z.number().optional(),
  unit: z.string().optional(),
  code: z.string().optional(),
});
const value = {
  url: z.string(),
  valueCodeableConcept: concept.optional(),
  valueCoding: coding.optional(),
  valueCode: z.string().optional(),
  valueString: z.string().optional(),
  valueDateTime: z.string().optional(),
  valueDate: z.string().optional(),
  valueUnsignedInt: z.number().optional(),
  valueInteger: z.number().optional(),
};
const extension = z.object({ ...value, extension: z.array(z.object(value)).optional() });
const extensions = z.array(extension).optional();

const plainReference = z.object({
  reference: z.string().optional(),
  identifier: z.object({ system: z.string().optional(), value: z.string().optional() }).optional(),
  display: z.string().optional(),
});
const period = z.object({ start: z.string().optional(), end: z.string().optional() });
const identifier = z.object({
  use: z.string().optional(),
  type: concept.optional(),
  system: z.string().optional(),
  value: z.string().optional(),
  period: period.optional(),
  assigner: plainReference.optional(),
  extension: extensions,
});
const reference = plainReference.extend({ identifier: identifier.optional() });
const meta = z.object({
  lastUpdated: z.string().optional(),
  // A null keeps the place of a value of which something is said beside (FHIR R4, json.html#primitive).
  profile: z.array(z.string().nullable()).optional(),
  security: z.array(coding).optional(),
});
const id = z
  .string()
  .regex(/^[A-Za-z0-9.-]{1,64}$/)
  .optional();
/** Far more than anybody has: each is looked for in the submission, some several times. */
const REFERENCES_MAX = 200;
const CONTAINED_MAX = 2_000;

/** What a resource contains that others refer to; whatever else it contains is not read. */
const contained = z
  .array(z.unknown())
  .max(CONTAINED_MAX)
  .optional()
  .transform((all) => all?.flatMap(readContained));

const patient = z.object({
  resourceType: z.literal('Patient'),
  ...understood,
  id,
  contained,
  meta: meta.optional(),
  extension: extensions,
  identifier: z.array(identifier).max(REFERENCES_MAX).optional(),
  gender: z.string().optional(),
  birthDate: z.string().optional(),
  address: z
    .array(
      z.object({
        use: z.string().optional(),
        postalCode: z.string().optional(),
        country: z.string().optional(),
        period: period.optional(),
      }),
    )
    .optional(),
  generalPractitioner: z.array(reference).max(REFERENCES_MAX).optional(),
  managingOrganization: reference.optional(),
  link: z
    .array(z.object({ type: z.string().optional(), other: reference.optional() }))
    .max(REFERENCES_MAX)
    .optional(),
});
const medication = z.object({
  resourceType: z.literal('Medication'),
  ...understood,
  id,
  status: z.string().optional(),
  meta: meta.optional(),
  code: concept.optional(),
});
const organization = z.object({
  resourceType: z.literal('Organization'),
  ...understood,
  id,
  identifier: z.array(identifier).optional(),
});
const practitionerRole = z.object({
  resourceType: z.literal('PractitionerRole'),
  ...understood,
  id,
  contained,
  organization: reference.optional(),
});

const dosage = z.object({
  sequence: z.number().optional(),
  modifierExtension,
  text: z.string().optional(),
  patientInstruction: z.string().optional(),
  asNeededBoolean: z.boolean().optional(),
  asNeededCodeableConcept: concept.optional(),
  route: concept.optional(),
  doseAndRate: z.array(z.object({ doseQuantity: quantity.optional() })).optional(),
});
const medicine = {
  id,
  meta: meta.optional(),
  implicitRules: z.string().optional(),
  modifierExtension,
  extension: extensions,
  contained: z.array(z.unknown()).max(CONTAINED_MAX).optional(),
  identifier: z.array(identifier).optional(),
  status: z.string().optional(),
  medicationCodeableConcept: concept.optional(),
  medicationReference: reference.optional(),
  subject: reference.optional(),
  reasonCode: z.array(concept).optional(),
};
const medicationStatement = z.object({
  ...medicine,
  resourceType: z.literal('MedicationStatement'),
  statusReason: z.array(concept).optional(),
  effectiveDateTime: z.string().optional(),
  effectivePeriod: period.optional(),
  dateAsserted: z.string().optional(),
  informationSource: reference.optional(),
  dosage: z.array(dosage).optional(),
});
const medicationRequest = z.object({
  ...medicine,
  resourceType: z.literal('MedicationRequest'),
  statusReason: concept.optional(),
  intent: z.string().optional(),
  doNotPerform: z.boolean().optional(),
  authoredOn: z.string().optional(),
  requester: reference.optional(),
  courseOfTherapyType: concept.optional(),
  dosageInstruction: z.array(dosage).optional(),
  dispenseRequest: z
    .object({
      modifierExtension,
      quantity: quantity.optional(),
      numberOfRepeatsAllowed: z.number().optional(),
      expectedSupplyDuration: quantity.optional(),
    })
    .optional(),
});

export type Concept = z.infer<typeof concept>;
export type Coding = z.infer<typeof coding>;
export type Dosage = z.infer<typeof dosage>;
export type Extension = z.infer<typeof extension>;
export type Identifier = z.infer<typeof identifier>;
export type Reference = z.infer<typeof reference>;
export type Patient = z.infer<typeof patient>;
export type Medication = z.infer<typeof medication>;
type MedicationStatement = z.infer<typeof medicationStatement>;
type MedicationRequest = z.infer<typeof medicationRequest>;
/** What a record is made of. */
export type Medicine = MedicationStatement | MedicationRequest;
/** What a record may refer to. */
export type Supporting =
  Patient | Medication | z.infer<typeof organization> | z.infer<typeof practitionerRole>;

const medicines = {
  MedicationStatement: medicationStatement,
  MedicationRequest: medicationRequest,
};
const supporting = {
  Patient: patient,
  Medication: medication,
  Organization: organization,
  PractitionerRole: practitionerRole,
};

/** Whether a resource type is one that records are made of. */
export const isMedicineKind = (kind: string): kind is keyof typeof medicines =>
  Object.hasOwn(medicines, kind);
/** Whether a resource type is one that those refer to. */
export const isSupportingKind = (kind: string): kind is keyof typeof supporting =>
  Object.hasOwn(supporting, kind);

/** The medicine a resource is, or each element that does not fit its definition. */
export function readMedicine(kind: keyof typeof medicines, resource: object): Medicine | Fault[] {
  const result = medicines[kind].safeParse(resource);
  return result.success ? result.data : result.error.issues.map(faultOf);
}

/** The supporting resource, or null with each element that does not fit: whoever refers to it then says so. */
export function readSupporting(
  kind: keyof typeof supporting,
  resource: object,
): { resource: Supporting | null; faults: Fault[] } {
  const result = supporting[kind].safeParse(resource);
  return result.success
    ? { resource: result.data, faults: [] }
    : { resource: null, faults: result.error.issues.map(faultOf) };
}

/**
 * A contained resource with the elements that are read, or nothing of a kind that is not. One that cannot be read keeps its name:
 * what is meant by that is not what else may have it. What it contains itself is no resource (FHIR R4, dom-2).
 */
function readContained(one: unknown): object[] {
  if (typeof one !== 'object' || one === null) return [];
  const { contained: _, ...resource } = one as Record<string, unknown>;
  const { resourceType, id: name } = resource;
  if (typeof resourceType !== 'string' || !isSupportingKind(resourceType)) return [];
  return [readSupporting(resourceType, resource).resource ?? { resourceType, id: name }];
}

/** Names come from our own definitions above and positions are numbers, so a path holds no text of the input. */
const faultOf = ({ code, path }: { code?: string; path: PropertyKey[] }): Fault =>
  fault(
    'fhirElementInvalid',
    `/${path.map(String).join('/')}`,
    code === 'too_big' ? 'there are more than this intake takes' : undefined,
  );
