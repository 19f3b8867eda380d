import type { DataContract } from '../promise/data-contract.js';

/** Fields of a product's record by which a view may be narrowed to the people of some organisations. */
export type CareOrganisationFields = {
  /** With whom the person is registered. A person is with one at a time: whom their newest record names. */
  registered: string[];
  /** To whom the person was referred. That may be several: whom any record of theirs names. */
  referred: string[];
};

/**
 * NHS Data Dictionary items whose value is an organisation that cares for the person: the practice they are registered with, the
 * provider they were referred to. By what a contract says a field means, and not by the field's name: `publisherOds` or
 * a commissioner is an organisation too, and says nothing of who looks after somebody.
 */
const CARES_FOR: Readonly<Record<keyof CareOrganisationFields, string>> = {
  registered: 'general_medical_practice_code__patient_registration_',
  referred: 'organisation_identifier__code_of_provider_',
};

/**
 * Names of the fields that tell with which organisations the person is registered, and to which they were referred: of the
 * record itself, of role `ods-code`, and with one of these definitions. None of both: individual care from this product cannot be
 * narrowed to the people of an organisation.
 */
export function careOrganisationFields({
  fields,
}: Pick<DataContract, 'fields'>): CareOrganisationFields {
  const own = fields.filter(({ path, role }) => role === 'ods-code' && /^\w+$/.test(path));
  const meaning = (item: string) =>
    own.filter(({ definition }) => itemOf(definition) === item).map(({ name }) => name);
  return { registered: meaning(CARES_FOR.registered), referred: meaning(CARES_FOR.referred) };
}

/** `https://www.datadictionary.nhs.uk/data_elements/<item>.html` */
function itemOf(definition: string | undefined): string | null {
  return (
    /^https:\/\/(?:www\.)?datadictionary\.nhs\.uk\/data_elements\/(\w+)\.html$/.exec(
      definition ?? '',
    )?.[1] ?? null
  );
}
