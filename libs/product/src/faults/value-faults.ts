import { bad } from './row.js';
import type { FaultRow } from './row.js';

/** 22xx values · 23xx checks on the mapped record. */
export const VALUE_FAULTS = {
  // 22xx Values
  nhsNumberMalformed: bad(
    'MESH-2201',
    'The NHS number is not ten digits',
    'Give ten digits, with or without spaces, or leave it out and give a local identifier.',
  ),
  nhsNumberCheckDigit: bad(
    'MESH-2202',
    'The NHS number fails its modulus 11 check digit',
    'Correct the number at its source; a digit is probably mistyped.',
  ),
  nhsNumberRepeatedDigit: bad(
    'MESH-2203',
    'The NHS number repeats one digit ten times',
    'Replace the placeholder by the real number, or leave it out and give a local identifier.',
  ),
  nhsNumberOutsideTestRange: bad(
    'MESH-2204',
    'The NHS number is outside the 9xx test range',
    'Use numbers of the 9xx range: this mesh is not in production mode and must not hold real people.',
  ),
  nhsNumberIsChi: bad(
    'MESH-2205',
    'The number is a Scottish CHI number, not an NHS number',
    'Send it as a local identifier with its issuer.',
  ),
  nhsNumberIsHealthAndCare: bad(
    'MESH-2206',
    'The number is a Northern Ireland Health and Care number, not an NHS number',
    'Send it as a local identifier with its issuer.',
  ),
  nhsNumberStatusUnknown: bad(
    'MESH-2207',
    'The NHS number status is not in the national list',
    'Use 01 to 08 of the NHS NUMBER STATUS INDICATOR CODE.',
  ),
  nhsNumberStatusConflict: bad(
    'MESH-2632',
    'The NHS number status says that a number is present where there is none, or that none is where there is one',
    'Send the number, or the status that fits: 01 and 02 are of a number that is present, 07 of none.',
  ),
  nhsNumberConflict: bad(
    'MESH-2208',
    'The record states two different NHS numbers',
    'Send one record per person, with one NHS number.',
  ),
  personMissing: bad(
    'MESH-2211',
    'The record has neither an NHS number nor a local identifier with its issuer',
    'Give an NHS number, or a local identifier and the ODS code of who issued it.',
  ),
  localIdIssuerMissing: bad(
    'MESH-2212',
    'The local identifier has no issuer',
    'Give the ODS code of the organisation that issued the identifier.',
  ),
  recordIdMissing: bad(
    'MESH-2213',
    'The record has no identifier of its own',
    'Give the record the identifier that its source system knows it by.',
  ),
  identifierRounded: bad(
    'MESH-2623',
    'A spreadsheet program has made a rounded number of an identifier',
    'Export the file again with the column as text: such a number (1.23457E+11) is one for many identifiers.',
  ),
  fieldMissing: bad(
    'MESH-2221',
    'A mandatory field is empty or missing',
    'Fill the field at the path.',
  ),
  fieldTooLong: bad(
    'MESH-2222',
    'A value is longer than its field allows',
    'Shorten the value at the path.',
  ),
  textInvalid: bad(
    'MESH-2223',
    'A text holds characters that are not allowed',
    'Remove control characters from the value.',
  ),
  numberMalformed: bad('MESH-2224', 'A value is not a number', 'Give a plain decimal number.'),
  numberOutOfRange: bad(
    'MESH-2225',
    'A number is outside its allowed range',
    'Correct the number at the path.',
  ),
  booleanMalformed: bad(
    'MESH-2226',
    'A value is not one of the yes or no values of its field',
    'Use the values of the specification.',
  ),
  dateMalformed: bad(
    'MESH-2231',
    'A date or time is not in the format of its field',
    'Write dates as the specification of the format says.',
  ),
  dateImpossible: bad('MESH-2232', 'The date does not exist', 'Correct the day, month or year.'),
  timeImpossible: bad(
    'MESH-2233',
    'The time does not exist',
    'Correct the time; in the night the clocks go forward the hour from 01:00 is skipped.',
  ),
  timeOffsetInvalid: bad(
    'MESH-2234',
    'The offset from UTC is not valid',
    'Use Z, or an offset from -14:00 to +14:00.',
  ),
  endBeforeStart: bad(
    'MESH-2235',
    'The end lies before the start',
    'Correct the start or the end.',
  ),
  codeUnknown: bad(
    'MESH-2241',
    'The code is not in its code list',
    'Use a code of the list that the contract names for this field.',
  ),
  codeSystemNotTaken: bad(
    'MESH-2242',
    'The code is from a code system that this field does not take',
    'Use the code system that the contract names for this field.',
  ),
  snomedMalformed: bad(
    'MESH-2243',
    'The value is no SNOMED CT or dm+d identifier',
    'Give the 6 to 18 digits of the concept, exactly as a browser of the terminology shows them: one is missing or wrong. Spreadsheets round such long numbers unless their column is text.',
  ),
  odsMalformed: bad(
    'MESH-2244',
    'The value is no ODS code',
    'Give the code of the Organisation Data Service.',
  ),
  postcodeMalformed: bad('MESH-2245', 'The value is no UK postcode', 'Correct the postcode.'),
  // 23xx Checks on the mapped record
  schemaMismatch: bad(
    'MESH-2301',
    'The record does not fit the schema of its contract',
    'Correct the field at the path to the type the contract gives.',
  ),
  requiredFieldMissing: bad(
    'MESH-2302',
    'A field that the contract requires has no value',
    'Fill the field at the path.',
  ),
  codeOutsideContract: bad(
    'MESH-2303',
    'A code is outside the list that the contract binds',
    'Use a code of the list that the contract names for this field.',
  ),
  classificationBroken: bad(
    'MESH-2304',
    'A field holds what its classification forbids',
    'Keep identifiers out of fields that are not classified as identifiers.',
  ),
  recordTooLarge: bad(
    'MESH-2305',
    'The record is larger than a product may publish',
    'Shorten long texts or lists; 256 KiB is the limit.',
  ),
  keyUnusable: bad(
    'MESH-2306',
    'No key can be made for the record',
    'Give the person and the source record identifier.',
  ),
  publisherMissing: bad(
    'MESH-2307',
    'The publishing organisation is not known',
    'Give the ODS code of the organisation whose record this is.',
  ),
  mappingFailed: bad(
    'MESH-2308',
    'The mapping of the domain failed on this item',
    'The domain team must correct its mapping; then replay the item.',
  ),
  itemNotStorable: bad(
    'MESH-2310',
    'The item cannot be stored',
    'Remove characters that no text may hold (such as NUL), then replay the item or send it again.',
  ),
  fieldRule: bad(
    'MESH-2309',
    'A value breaks a rule of the contract',
    'Correct the value at the path.',
  ),
} as const satisfies Record<string, FaultRow>;
