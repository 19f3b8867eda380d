/**
 * Words that people of different settings use for the same thing, written as the tokens of a query. Whoever asks with
 * one finds what says another. Only what is meant as the same: a wider word would bury what was looked for. Taken from
 * how the NHS Data Dictionary names its items and how GPs, hospitals, community and social care name them in speech.
 */
export const SYNONYMS: readonly (readonly string[])[] = [
  ['medication', 'medicine', 'drug', 'prescription', 'meds'],
  ['gp', 'general practice', 'general practitioner', 'family doctor', 'primary care'],
  ['hospital', 'acute', 'secondary care'],
  ['inpatient', 'in patient', 'admitted patient'],
  ['outpatient', 'out patient'],
  ['spell', 'hospital stay', 'admission'],
  ['emergency department', 'accident and emergency', 'a e', 'ae', 'casualty'],
  ['social care', 'social services', 'adult care'],
  ['care package', 'package of care', 'commissioned service'],
  ['community', 'community health'],
  ['contact', 'visit', 'appointment', 'encounter'],
  ['nhs number', 'nhs no', 'nhsno'],
  ['birth date', 'date of birth', 'dob', 'birthday'],
  ['postcode', 'post code', 'postal code'],
  ['gender', 'sex', 'person stated gender code'],
  ['ethnic category', 'ethnicity', 'ethnic group'],
  ['diagnosis', 'condition', 'disease', 'icd10', 'icd 10'],
  ['procedure', 'operation', 'opcs', 'opcs 4'],
  ['blood pressure', 'bp'],
  ['body mass index', 'bmi'],
  ['organisation', 'organization', 'provider', 'ods'],
  ['snomed', 'snomed ct', 'sct'],
  ['dm d', 'dmd', 'dictionary of medicines and devices'],
  ['discharge', 'leaving hospital'],
  ['ward', 'bed'],
  ['death', 'deceased', 'died'],
  ['child', 'children', 'paediatric', 'pediatric'],
  ['vaccination', 'immunisation', 'immunization', 'jab'],
  ['allergy', 'adverse reaction', 'intolerance'],
  ['referral', 'referred'],
  ['length of stay', 'los'],
];
