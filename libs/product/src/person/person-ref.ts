/** Whom a record is about: an NHS number, or the identifier an organisation (ODS code) issued, or both. */
export type PersonRef = {
  nhsNumber: string | null;
  nhsNumberStatus: string;
  local: { issuer: string; id: string } | null;
};

/** A person with every further local identifier that a source gives of them: all of them are this one person. */
export type NamedPerson = PersonRef & { others?: readonly NonNullable<PersonRef['local']>[] };
