import { byEnd, fault, lasting, postcodeIn, type Fault } from '@caremesh/product';
import { timeOf } from '../../sources/fhir/ended.js';
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
    postcode: postcodeOf(entry, faults),
    administrativeGender: patient.gender ?? null,
    ethnicCategory: ethnicCategoryOf(patient),
    gpPracticeOds: practiceOf(entry),
  };
}

/** ODS code of the practice the patient is registered with, or was last. */
export function practiceOf(entry: MedicineEntry): string | null {
  const known = (entry.patient?.generalPractitioner ?? []).flatMap((practice) => {
    const ods = odsOf(practice, entry.organisations);
    return ods ? [{ ods, identifier: practice.identifier }] : [];
  });
  return lasting(known, ({ identifier }) => identifier, timeOf(entry))[0]?.ods ?? null;
}

function ethnicCategoryOf(patient: Patient): string | null {
  const code = extensionCode(patient.extension, 'EthnicCategory');
  // A second letter is a local refinement of the national code.
  return code && /^[A-Z][A-Z0-9]$/.test(code) ? code[0]! : code;
}

/** The postcode of the current home address: where somebody no longer lives says nothing. Addresses abroad have none. */
function postcodeOf(entry: MedicineEntry, faults: Fault[]): string | null {
  const addresses = (entry.patient?.address ?? []).filter(({ use }) => use !== 'old');
  const { current } = byEnd(addresses, (one) => one, timeOf(entry));
  const known = current.filter((one) => one.postalCode);
  const home = known.find((one) => one.use === 'home') ?? known[0];
  if (!home) return null;
  const postcode = postcodeIn(home.postalCode!);
  if (postcode !== null) return postcode;
  if (UK.test(home.country ?? '')) faults.push(fault('postcodeMalformed', '/subject/address'));
  return null;
}
