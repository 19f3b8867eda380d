/**
 * True for a resource of another FHIR version than R4: it says so in its profile (GP Connect: /STU3/), or has an
 * element that R4 has not in a medicine (`taken`, `requester.agent` of STU3, `patient` of DSTU2, `medication` of R5).
 */
export function isOtherVersion(kind: string, resource: Record<string, unknown>): boolean {
  const { meta } = resource;
  const profiles: unknown = isRecord(meta) ? meta['profile'] : undefined;
  if (Array.isArray(profiles) && profiles.some((one) => /\/(?:DSTU2|STU3)\//i.test(String(one))))
    return true;
  if (kind !== 'MedicationStatement' && kind !== 'MedicationRequest') return false;
  const { requester } = resource;
  return (
    'taken' in resource ||
    'patient' in resource ||
    'medication' in resource ||
    (isRecord(requester) && 'agent' in requester)
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
