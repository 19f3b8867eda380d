import { bad, later, refused } from './row.js';
import type { FaultRow } from './row.js';

/** 20xx a whole submission · 21xx its format. */
export const SUBMISSION_FAULTS = {
  // 20xx A whole submission
  contentTypeNotTaken: refused(
    'MESH-2001',
    415,
    'This intake does not take that content type',
    'Send one of the content types that `mesh status` lists for this intake.',
  ),
  bodyTooLarge: refused(
    'MESH-2002',
    413,
    'The submission is larger than this intake takes',
    'Split the file and send the parts one after another.',
  ),
  bodyEmpty: refused(
    'MESH-2003',
    400,
    'The submission is empty',
    'Send the file as the body of the request.',
  ),
  nothingReadable: refused(
    'MESH-2004',
    400,
    'Nothing in the submission could be read',
    'Check that the file is of the kind that the content type says.',
  ),
  idempotencyKeyReused: refused(
    'MESH-2005',
    409,
    'This Idempotency-Key was used before with another body',
    'Use a new key for a new body; repeat a key only with the same bytes.',
  ),
  idempotencyKeyInvalid: refused(
    'MESH-2006',
    400,
    'The Idempotency-Key is not usable',
    'Use 1 to 128 visible ASCII characters, best a random UUID.',
  ),
  waitingForApproval: later(
    'MESH-2007',
    'The product has no approved version yet',
    'Nothing was stored. Send again once the governance lead has approved the contract.',
  ),
  productRetired: refused(
    'MESH-2017',
    410,
    'The product is retired: nothing is published from this source any more',
    'Stop sending. Nothing was stored; what the domain should publish next is proposed as a new product or major.',
  ),
  cannotStoreNow: later(
    'MESH-2008',
    'The submission cannot be stored now',
    'Nothing more of it was stored. Send it again in a little while; what was stored before is recognised.',
  ),
  stopping: later('MESH-2009', 'The service is stopping', 'Send again in a few seconds.'),
  messageIdReused: refused(
    'MESH-2010',
    409,
    'A message with this identifier was landed before with other bytes',
    'Give a changed message a new identifier, or resend the first one unchanged.',
  ),
  sourceUnknown: refused(
    'MESH-2011',
    404,
    'The domain has no such source',
    'See `mesh status` for the sources of each domain.',
  ),
  receiptUnknown: refused(
    'MESH-2012',
    404,
    'There is no such receipt',
    'Use the receipt of the answer to your submission; receipts are kept for 30 days.',
  ),
  multipartBroken: refused(
    'MESH-2013',
    400,
    'The multipart body is broken',
    'Send multipart/form-data with a boundary, each file as its own part.',
  ),
  multipartPartUnknown: refused(
    'MESH-2014',
    400,
    'The multipart body has a part this intake does not know',
    'Name each part after its table; for `mesh intake` name each file after it, such as CYP001.csv.',
  ),
  senderNotAllowed: refused(
    'MESH-2015',
    403,
    'This sender is not on the allow-list of the intake',
    'Ask the domain team to add the sending facility with its ODS code.',
  ),
  sourceNotOpened: refused(
    'MESH-2016',
    500,
    'A way into the domain cannot be opened',
    'Set what is named as the README of the domain says; the service starts once it is right.',
  ),
  // 21xx Its format
  jsonMalformed: refused(
    'MESH-2101',
    400,
    'The text is not valid JSON',
    'Send well-formed JSON. Where no line is named, an editor that checks JSON shows the place.',
  ),
  xmlNotJson: refused(
    'MESH-2102',
    400,
    'This is XML where JSON is due',
    'Send the JSON form of the resource.',
  ),
  encodingNotUtf8: refused(
    'MESH-2103',
    400,
    'The bytes are not valid UTF-8',
    'Save or export the file as UTF-8, or state its charset where the format has one.',
  ),
  encodingUtf16: refused(
    'MESH-2104',
    400,
    'The file is encoded as UTF-16',
    'Save or export the file as UTF-8.',
  ),
  byteOrderMark: refused(
    'MESH-2105',
    400,
    'The text begins with a byte order mark',
    'Save the file as UTF-8 without a byte order mark.',
  ),
  encodingUnknown: refused(
    'MESH-2106',
    400,
    'The stated character encoding is not one this intake reads',
    'State UTF-8, or a charset the publisher guide lists.',
  ),
  nestingTooDeep: bad(
    'MESH-2107',
    'The structure is nested too deeply',
    'Flatten the structure; 64 levels are read at most.',
  ),
  itemTooLarge: bad(
    'MESH-2108',
    'One item is larger than this intake takes',
    'Split the item or leave out attachments.',
  ),
  forbiddenName: bad(
    'MESH-2109',
    'The structure has a property name that is not allowed',
    'Remove properties called __proto__, constructor or prototype.',
  ),
  hl7ProcessingNotTaken: bad(
    'MESH-2110',
    'The message is for training or debugging, and this service is in production',
    'Send it to a service that is not in production, or as production (P in MSH-11) if it is about what happened.',
  ),
  hl7HeaderUnreadable: bad(
    'MESH-2111',
    'The HL7 message header (MSH) cannot be read',
    'Start the message with MSH, its separators and MSH-3 to MSH-12.',
  ),
  hl7Truncated: bad(
    'MESH-2112',
    'The HL7 message is cut short',
    'Send the whole message: every segment its type needs, each ended by a carriage return.',
  ),
  hl7VersionNotTaken: bad('MESH-2113', 'This HL7 version is not read', 'Send HL7 v2.4.'),
  hl7SegmentMissing: bad(
    'MESH-2114',
    'A segment that this message type needs is missing',
    'Add the segment named by the path.',
  ),
  hl7SegmentMalformed: bad(
    'MESH-2115',
    'A segment of the message cannot be read',
    'Check the separators and the segment name at the path.',
  ),
  hl7MessageIdMissing: bad(
    'MESH-2116',
    'The message has no control id (MSH-10)',
    'Give each message its own control id.',
  ),
  hl7FramingBroken: bad(
    'MESH-2117',
    'The MLLP frame is broken',
    'Frame each message with 0x0B before and 0x1C 0x0D after.',
  ),
  hl7TypeNotTaken: bad(
    'MESH-2118',
    'This HL7 message type is not read',
    'Send the ADT events that the product reads.',
  ),
  escapeOutsideCharset: bad(
    'MESH-2119',
    'An escape sequence spells out bytes that are not of the charset of the message',
    'Spell out bytes in the charset that MSH-18 states (UTF-8 if it states none), or send the letters themselves.',
  ),
  csvColumnMissing: bad(
    'MESH-2121',
    'A column of the specification is missing',
    'Add the column, even if it is empty in every row.',
  ),
  csvColumnExtra: bad(
    'MESH-2122',
    'A column of the file is not read',
    'Nothing to do if it is not meant for this intake. If it is one of the specification, check how its heading is spelt.',
  ),
  csvColumnsReordered: bad(
    'MESH-2123',
    'The columns are not in the order of the specification',
    'Nothing to do: each column was found by its heading. Keep the order of the specification if the headings may be lost.',
  ),
  csvColumnDuplicated: bad('MESH-2124', 'A column appears twice', 'Keep one column of each name.'),
  csvQuotingBroken: bad(
    'MESH-2125',
    'The quoting of the row is broken',
    'Close every quoted value; double a quote inside one.',
  ),
  csvRowLength: bad(
    'MESH-2126',
    'The row does not have as many values as there are columns',
    'Give each row one value per column; quote values that hold commas or line breaks.',
  ),
  csvHeaderMissing: bad(
    'MESH-2127',
    'The file has no header row',
    'Start the file with the column names of the specification.',
  ),
  csvIsWorkbook: bad(
    'MESH-2129',
    'The file is a spreadsheet workbook or an archive, not CSV text',
    'Open it in the spreadsheet program, choose Save as and there CSV UTF-8 (comma delimited), and send that file.',
  ),
  csvSeparator: bad(
    'MESH-2130',
    'The values are not separated by commas',
    'Export the file with a comma between the values; a spreadsheet takes the separator from its language settings.',
  ),
  lineBreakInValue: bad(
    'MESH-2128',
    'A value holds a line break where none may be',
    'Remove the line break from the value.',
  ),
  fhirTypeMissing: bad(
    'MESH-2131',
    'The JSON is no FHIR resource: it has no resourceType',
    'Send a FHIR R4 resource or Bundle.',
  ),
  fhirElementInvalid: bad(
    'MESH-2132',
    'An element does not fit its FHIR R4 definition',
    'Correct the element at the path.',
  ),
  fhirElementMissing: bad(
    'MESH-2133',
    'A required element is missing',
    'Add the element at the path.',
  ),
  fhirReferenceUnresolved: bad(
    'MESH-2134',
    'A reference points to nothing in this submission',
    'Contain the resource, or send it in the same Bundle.',
  ),
  fhirVersionNotTaken: bad(
    'MESH-2135',
    'The resource is of another FHIR version',
    'Send FHIR R4 (4.0.1, UK Core).',
  ),
  kindNotUsed: bad(
    'MESH-2141',
    'This product does not use records of this kind',
    'Nothing to do: the item was left out on purpose.',
  ),
} as const satisfies Record<string, FaultRow>;
