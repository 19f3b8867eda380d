import { fault, postcodeIn, type Fault } from '@caremesh/product';
import { extensionCode } from '../../sources/fhir/extension.js';
import type { MedicineEntry } from '../../sources/fhir/medicine-entry.js';
import { odsOf } from '../../sources/fhir/ods.js';
import type { Patient } from '../../sources/fhir/resources.js';
import type { MedicationStatement } from './record.gen.js';
import { dayOf } from './time.js';

const UK = /^(?:GB|GBR|UK|England|Scotland|Wales|Northern Ireland|United Kingdom|)$/i;

/** Birth date, postcode, gender, ethnicity and practice of the patient, where the submission has the patient. */
export function demographicsOf(
  entry: MedicineEntry,
  faults: Fault[],
): Partial<MedicationStatement> {
  const { patient } = entry;
  if (!patient) return {};
  return {
    birthDate: dayOf(patient.birthDate, '/subject/birthDate', faults),
    postcode: postcodeOf(patient, faults),
    administrativeGender: patient.gender ?? null,
    ethnicCategory: ethnicCategoryOf(patient),
    gpPracticeOds: practiceOf(entry),
  };
}

/** ODS code of the practice the patient is registered with. */
export function practiceOf({ patient, organisations }: MedicineEntry): string | null {
  for (const practice of patient?.generalPractitioner ?? []) {
    const ods = odsOf(practice, organisations);
    if (ods) return ods;
  }
  return null;
}

function ethnicCategoryOf(patient: Patient): string | null {
  const code = extensionCode(patient.extension, 'EthnicCategory');
  // A second letter is a local refinement of the national code.
  return code && /^[A-Z][A-Z0-9]$/.test(code) ? code[0]! : code;
}

/** The postcode of the current home address; addresses abroad have none. */
function postcodeOf({ address = [] }: Patient, faults: Fault[]): string | null {
  const current = address.filter((one) => one.postalCode && !one.period?.end && one.use !== 'old');
  const home = current.find((one) => one.use === 'home') ?? current[0];
  if (!home) return null;
  const postcode = postcodeIn(home.postalCode!);
  if (postcode !== null) return postcode;
  if (UK.test(home.country ?? '')) faults.push(fault('postcodeMalformed', '/subject/address'));
  return null;
}
