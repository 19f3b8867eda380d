import type { DataContract } from '../promise/data-contract.js';

/**
 * NHS Data Dictionary items whose value is an organisation that cares for the person: the practice they are registered with, the
 * provider they were referred to. By what a contract says a field means, and not by the field's name: `publisherOds` or
 * a commissioner is an organisation too, and says nothing of who looks after somebody.
 */
const CARES_FOR: readonly string[] = [
  'general_medical_practice_code__patient_registration_',
  'organisation_identifier__code_of_provider_',
];

/**
 * Names of the fields that tell with which organisations the person is registered, or to which they were referred: of the
 * record itself, of role `ods-code`, and with one of these definitions. None: individual care from this product cannot be
 * narrowed to the people of an organisation.
 */
export function careOrganisationFields({ fields }: Pick<DataContract, 'fields'>): string[] {
  return fields
    .filter(({ path, role }) => role === 'ods-code' && /^\w+$/.test(path))
    .filter(({ definition }) => CARES_FOR.some((item) => itemOf(definition) === item))
    .map(({ name }) => name);
}

/** `https://www.datadictionary.nhs.uk/data_elements/<item>.html` */
function itemOf(definition: string | undefined): string | null {
  return (
    /^https:\/\/(?:www\.)?datadictionary\.nhs\.uk\/data_elements\/(\w+)\.html$/.exec(
      definition ?? '',
    )?.[1] ?? null
  );
}
