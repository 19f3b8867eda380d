/** One thing wrong with a contract, a schema, an example or a record: where, what, and what to do about it. */
export type Finding = {
  /** Where: `contract.odcs.yaml#schema[0].properties[3].description`, `schema.avsc#fields[2].type`, or a field's path. */
  path: string;
  code: string;
  message: string;
  fix: string;
  severity: 'error' | 'warning';
};

/** A row of the closed list. `docs/errors.md` is written from these rows. */
export type ContractError = {
  code: string;
  /** HTTP status when this error is the whole answer. */
  status: number;
  title: string;
  fix: string;
  retriable: boolean;
};

const row = (number: number, title: string, fix: string): ContractError => ({
  code: `MESH-${number}`,
  status: 422,
  title,
  fix,
  retriable: false,
});

/**
 * Everything this library can find wrong. The sentences are for a governance lead as much as for a developer:
 * no stack traces, no parser jargon without its meaning, and never a value that came from a record.
 * The rows 1701 to 1739 are what can be wrong with a record; a bad example is named after one of them.
 */
export const CONTRACT_ERRORS = {
  // 10xx: the files of a version
  fileMissing: row(1001, 'A file of the version is missing', 'Add the file to the version folder.'),
  fileUnknown: row(
    1002,
    'A file does not belong in a version folder',
    'Remove it, or put it under examples/ with a name ending in .json.',
  ),
  fileTooLarge: row(
    1003,
    'A file or the folder is too large',
    'Keep contract and schema under 512 KiB each, an example under 256 KiB, and at most 200 examples.',
  ),
  yamlUnreadable: row(
    1004,
    'The contract is not readable YAML',
    'Correct the YAML at the line named.',
  ),
  yamlUnsafe: row(
    1005,
    'The contract uses YAML that is not allowed',
    'Write plain YAML: no anchors, aliases, tags, merge keys, repeated keys or second document.',
  ),
  jsonUnreadable: row(1006, 'A file is not readable JSON', 'Correct the JSON.'),
  nameUnsafe: row(
    1007,
    'A name is not allowed',
    'Choose another name: `__proto__`, `constructor`, `prototype` and the like are never names of fields, types or codes.',
  ),
  tooComplex: row(
    1008,
    'The file is too deep or has too many parts',
    'Keep within the limits of the house rules: 5 levels of records, 2,000 fields, 500 symbols.',
  ),

  // 11xx: the Avro schema
  schemaInvalid: row(
    1101,
    'The schema is not valid Avro',
    'Correct the schema at the place named.',
  ),
  schemaRecursive: row(
    1102,
    'A record contains itself',
    'Flatten the structure: a product record must have an end.',
  ),
  schemaNotRecord: row(
    1103,
    'The schema is not a record',
    'Make the top of the schema one record.',
  ),
  schemaTypeBarred: row(
    1104,
    'A type is not used in the mesh',
    'Use string, long, double, boolean, date, timestamp-millis, a record, or an array.',
  ),

  // 12xx: the contract against ODCS and our profile
  odcsInvalid: row(
    1201,
    'The contract is not valid ODCS 3.1.0',
    'Correct the field named, as the Open Data Contract Standard 3.1.0 describes it.',
  ),
  odcsVersion: row(
    1202,
    'The contract is written to another version of ODCS',
    'Write `apiVersion: v3.1.0` and follow that version.',
  ),
  profileMissing: row(
    1203,
    'A property of the Caremesh profile is missing',
    'Add it to `customProperties` as schemas/mesh/profile/v1/README.md describes.',
  ),
  profileInvalid: row(
    1204,
    'A property of the Caremesh profile is not as described',
    'Correct its value as schemas/mesh/profile/v1/README.md describes.',
  ),
  profileUnknown: row(
    1205,
    'A custom property is not part of the Caremesh profile',
    'Remove it, or ask the standards lead to add it to the profile.',
  ),

  // 13xx: house rules
  fieldUndocumented: row(
    1301,
    'A field has no description',
    'Say in a sentence what the field means, in contract and schema alike.',
  ),
  fieldUnclassified: row(
    1302,
    'A field is not classified',
    'Give it `classification`: direct-identifier, quasi-identifier, special-category or none.',
  ),
  treatmentMissing: row(
    1303,
    'A field has no de-identification treatment',
    'Add the custom property `treatment`.',
  ),
  treatmentContradicts: row(
    1304,
    'The treatment does not fit the classification',
    'A direct identifier is never kept, free text is always dropped, and only those two may be dropped.',
  ),
  freeTextUnsaid: row(
    1305,
    'It is not said whether a text field is free text',
    'Add the custom property `freeText` (true or false), or bind the field to a code system or a pattern.',
  ),
  codeListBroken: row(
    1306,
    'A code list is not usable',
    'List each code once, with its meaning, at most 1,000 of them; name system and version.',
  ),
  coreBroken: row(
    1307,
    'The fixed core of every record is not as it must be',
    'Copy the first fields from schemas/mesh/record-core/v1/schema.avsc, unchanged and in that order.',
  ),
  fieldNotOptional: row(
    1308,
    'A field outside the core has no default',
    'Make it ["null", T] with default null, or give it a default.',
  ),
  numberNarrow: row(
    1309,
    'A number is neither long nor double',
    'Use long for whole numbers and double for others, so that it never has to be widened.',
  ),
  enumOpen: row(
    1310,
    'An enum is not one the mesh owns, or has no UNKNOWN',
    'Use a string bound to a code system; or, for a list we own, an enum with default symbol UNKNOWN.',
  ),
  namespaceWrong: row(
    1311,
    "The Avro namespace is not the domain's",
    'Use caremesh.<domain>, with hyphens written as underscores.',
  ),
  nameWrong: row(
    1312,
    'A name does not follow the rules',
    'Records are PascalCase and named after the product; fields are camelCase.',
  ),
  roleMissing: row(
    1313,
    'A field looks like an identifier but has no role',
    'Add the custom property `role` (nhs-number, ods-code, postcode, ...), or rename the field.',
  ),
  roleContradicts: row(
    1314,
    "A field's role does not fit its classification",
    'NHS numbers, local identifiers, postcodes and birth dates are direct identifiers; ODS codes are strings.',
  ),
  ownerMissing: row(1315, 'The product has no owner', 'Name the owning team under `team.name`.'),
  supportMissing: row(
    1316,
    'The product has no support channel',
    'Add at least one entry under `support` with an address.',
  ),
  purposesMissing: row(
    1317,
    'No purpose is allowed',
    'List the purposes for which the product may be granted in the custom property `purposes`.',
  ),
  legalBasisMissing: row(
    1318,
    'A purpose has no legal basis',
    'Add article 6, article 9 and common law footing for each purpose in the custom property `legalBasis`.',
  ),
  retentionMissing: row(
    1319,
    'Retention is not promised',
    'Add `retention` and `landedRetention` to slaProperties as ISO 8601 durations.',
  ),
  freshnessMissing: row(
    1320,
    'Freshness is not promised',
    'Add `freshness` to slaProperties as an ISO 8601 duration.',
  ),
  completenessMissing: row(
    1321,
    'Completeness is not promised',
    'Add at least one `completeness` to slaProperties, naming a field of the product.',
  ),
  domainUnknown: row(
    1322,
    'The domain is not accepted yet',
    "Approving this product's first version also accepts its domain.",
  ),
  patternUnsafe: row(
    1323,
    'A pattern could take too long to test',
    'Anchor it with ^ and $, use bounded repeats only, {n} or {n,m}, and let no more than a few that take the same characters stand side by side.',
  ),
  careSettingMissing: row(
    1324,
    'The care setting is not stated',
    'Add the custom property `careSetting`.',
  ),
  houseRulesVersion: row(
    1325,
    'The contract names other house rules',
    'Write house rules version 1.',
  ),
  typeReused: row(
    1326,
    'A named type stands in more than one place',
    'Write the type out at each place, each time under a name of its own.',
  ),
  viewNameShared: row(
    1327,
    'A field would have the name of another one in a view',
    'Rename the field.',
  ),
  itemsTreatedApart: row(
    1328,
    'The plain items of a list are treated in another way than the list',
    'Classify and treat the list as its items are; or make each item a record, whose fields are treated one by one.',
  ),
  codeNotOmittable: row(
    1329,
    'A code that views may leave out, or its words, may not be null',
    'Make it ["null", "string"] with default null, and `required` false; or put it directly into the record of a list item, which is left out whole.',
  ),
  identifierUnclassified: row(
    1330,
    'A field is named after what says who somebody is, and is no direct identifier',
    'Classify it as `direct-identifier` with the treatment `drop`; if it says nothing of a person, give it a name that shows it.',
  ),

  // 14xx: contract against schema
  fieldNotInSchema: row(
    1401,
    'The contract promises a field the schema does not have',
    'Add it to schema.avsc, or take it out of the contract.',
  ),
  fieldNotInContract: row(
    1402,
    'The schema has a field the contract does not promise',
    'Add it to the contract with description, classification and treatment.',
  ),
  typeDiffers: row(
    1403,
    'Contract and schema give a field different types',
    'Make logicalType and the Avro type agree.',
  ),
  requiredDiffers: row(
    1404,
    'Contract and schema disagree whether a field may be null',
    'Make `required` true exactly when the Avro type has no null.',
  ),
  identityDiffers: row(
    1405,
    'The names in the contract do not agree with each other',
    'Make id, domain, version, record name and topic agree, as the message says.',
  ),
  descriptionDiffers: row(
    1406,
    'Contract and schema describe a field differently',
    'Use one description in both.',
  ),

  // 15xx: version
  versionNotSemver: row(
    1501,
    'The version is not a semantic version',
    'Write major.minor.patch, for example 1.2.0.',
  ),
  versionFirst: row(
    1502,
    'The first version of a major is not its .0.0',
    'Start with 1.0.0, and each later major with <major>.0.0.',
  ),
  versionStep: row(1503, 'The version step does not fit the changes', 'Use the version named.'),
  versionTaken: row(1504, 'This version exists already', 'Use the next version.'),

  // 16xx: examples
  exampleMissing: row(
    1601,
    'There is no good example',
    'Add at least one complete record under examples/.',
  ),
  exampleRefused: row(
    1602,
    'A good example breaks the contract',
    'Correct the example, or the contract.',
  ),
  badExampleMissing: row(
    1603,
    'There is no bad example',
    'Add at least one record that must be refused under examples/bad/, named after its fault.',
  ),
  badExampleAccepted: row(
    1604,
    'A bad example is accepted',
    'Make the example break the rule it is named after.',
  ),
  badExampleReason: row(
    1605,
    'A bad example is refused for another reason',
    'Name it after its only fault: <fault>.json or <fault>--<field>.json.',
  ),
  exampleReal: row(
    1606,
    "An example holds an NHS number that could be somebody's",
    'Use only numbers from the test range, which begin with 9.',
  ),

  // 17xx: records
  notAnObject: row(1701, 'The record is not an object', 'Send one JSON object.'),
  unknownField: row(
    1702,
    'The record has a field the contract does not know',
    'Remove the field, or propose a version that has it.',
  ),
  missingField: row(1703, 'A required field is missing', 'State the field.'),
  wrongType: row(1704, 'A value has the wrong type', 'Use the type of the contract.'),
  unknownCode: row(
    1705,
    "A code is not in the field's list",
    'Use a code of the list; if the national list has grown, propose a version with the new code.',
  ),
  pattern: row(
    1706,
    'A value has not the shape of its field',
    'Follow the pattern of the contract.',
  ),
  tooLong: row(1707, 'A text is too long', 'Shorten it to the length of the contract.'),
  outOfRange: row(1708, 'A number or date is out of range', 'Correct the value.'),
  nhsNumberShape: row(
    1709,
    'An NHS number is not ten digits',
    'Write the ten digits without spaces.',
  ),
  nhsNumberCheckDigit: row(
    1710,
    'An NHS number fails its check digit',
    'Check the number against the source; it was probably mistyped.',
  ),
  odsCodeShape: row(
    1711,
    'A value is not shaped like an ODS code',
    "Use the organisation's ODS code: 3 to 10 capital letters and digits.",
  ),
  noIdentity: row(
    1712,
    'The record is about nobody',
    'Give an NHS number, or a local identifier with the ODS code of its issuer.',
  ),
  survivorMissing: row(1713, 'A MERGED record does not name its survivor', 'State survivorKey.'),
  contentNotAllowed: row(
    1714,
    'A retracted or merged record carries content',
    'Send identifiers only.',
  ),

  // 174x, 175x: standards, and what a contract says about itself
  standardInvalid: row(
    1740,
    'An entry of the standards catalogue is not as its schema describes',
    'Mend the path named; the schema is schemas/mesh/standards/standard.schema.json.',
  ),
  standardContradicts: row(
    1741,
    'An entry of the standards catalogue contradicts itself or its life-cycle',
    'Mend the path named.',
  ),
  standardUnknown: row(
    1742,
    'A standard is not in the catalogue',
    'Write its identifier as `mesh standard list` shows it, or ask a governance lead to add it.',
  ),
  standardRetired: row(
    1743,
    'A standard is retired',
    'Conform to its successor, and take it out of `standards`.',
  ),
  standardDeprecated: row(
    1744,
    'A standard is on its way out',
    'Plan the change to its successor.',
  ),
  standardImmature: row(
    1745,
    'A standard is not finished',
    'Nothing to do: conformance to one in draft or trial is allowed; follow its changes.',
  ),
  standardMandated: row(
    1746,
    'A mandated standard is not conformed to',
    'Conform to it and add it to `standards`, or propose a waiver.',
  ),
  standardComing: row(
    1747,
    'A standard will be mandatory',
    'Conform to it before its conformance date.',
  ),
  standardRuleBroken: row(
    1748,
    'A rule of a standard is broken',
    'Mend the path named; `mesh standard show` explains the standard.',
  ),
  sensitiveUnclassified: row(
    1749,
    'A field that speaks of special-category data is classified none',
    'Classify it special-category.',
  ),
  quasiUnclassified: row(
    1750,
    'A field that helps to pick a person out is classified none',
    'Classify it quasi-identifier.',
  ),
  article9Missing: row(
    1751,
    'Special-category data has no article 9 condition',
    'Name the condition of UK GDPR article 9, such as 9(2)(h).',
  ),
  confidenceUnmet: row(
    1752,
    'The duty of confidence is not met for a purpose',
    'Name consent, s251, statute or not-confidential.',
  ),
  codeSystemNoUri: row(
    1753,
    'A code system is not named by a URI',
    'Use the URI of the code system, or urn:caremesh:code:<product>.<list> for a list of your own.',
  ),
  codeSystemUnversioned: row(
    1754,
    'A code list is bound to no version',
    'Name the version, edition or release the codes were taken from.',
  ),
  personNamed: row(
    1755,
    "A file of the version holds what could be somebody's NHS number",
    'Take it out; where a number is needed, use one of the test range, which begins with 9.',
  ),
} as const satisfies Record<string, ContractError>;

export type ContractErrorName = keyof typeof CONTRACT_ERRORS;

/** Builds a finding from a row of the closed list; `fix` may be made more exact than the row's. */
export function finding(
  error: ContractError,
  path: string,
  message: string,
  options: { fix?: string; severity?: Finding['severity'] } = {},
): Finding {
  return {
    path,
    code: error.code,
    message,
    fix: options.fix ?? error.fix,
    severity: options.severity ?? 'error',
  };
}

/** `unknown-code` for the code of `unknownCode`: what a bad example of that fault is called. Null for other codes. */
export function faultName(code: string): string | null {
  const entry = Object.entries(CONTRACT_ERRORS).find(([, error]) => error.code === code);
  if (entry === undefined) return null;
  return entry[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
