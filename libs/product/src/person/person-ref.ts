/** Whom a record is about: an NHS number, or the identifier an organisation (ODS code) issued, or both. */
export type PersonRef = {
  nhsNumber: string | null;
  nhsNumberStatus: string;
  local: { issuer: string; id: string } | null;
};
