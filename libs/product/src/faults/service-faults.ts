import { bad, later, refused } from './row.js';
import type { FaultRow } from './row.js';

/** 24xx joins · 25xx quarantine · 26xx state · 27xx publishing and start · 28xx consumption. */
export const SERVICE_FAULTS = {
  // 24xx Joins
  ancestorMissing: later(
    'MESH-2401',
    'The item waits for a row it belongs to',
    'Send the missing table; the item is published as soon as it has arrived.',
  ),
  partKeyMissing: bad(
    'MESH-2402',
    'The row has no key to join it by',
    'Fill the key column of the row.',
  ),
  // 25xx Quarantine
  quarantineUnknown: refused(
    'MESH-2501',
    404,
    'There is no such quarantined item',
    'List the items with `mesh quarantine list`.',
  ),
  reasonMissing: bad(
    'MESH-2502',
    'A reason is needed to see a payload or to discard an item',
    'Give the reason: it is kept on the ledger with your name.',
  ),
  payloadExpired: refused(
    'MESH-2503',
    410,
    'The payload is no longer kept',
    'Ask the source system to send the item again.',
  ),
  replayEmpty: bad(
    'MESH-2504',
    'The selection for the replay names nothing',
    'Give ids, or a cause, or a time range.',
  ),
  ledgerUnreachable: later(
    'MESH-2505',
    'The ledger cannot be written now, so nothing was shown or discarded',
    'Try again when governance is up.',
  ),
  reasonIdentifies: bad(
    'MESH-2506',
    'The reason names a person by what reads as an NHS number',
    'Describe, do not identify: leave the number out. The ledger keeps the reason for ever.',
  ),
  replayOfFile: refused(
    'MESH-2511',
    409,
    'The item stands for a file that could not be read to its end: nothing of it is kept to take in again',
    'Correct what the item names and send the file again; then discard the item with `mesh quarantine discard`.',
  ),
  payloadOfFile: refused(
    'MESH-2512',
    409,
    'The item stands for a file that could not be read to its end: it has no payload of its own',
    'Look at the file that was sent, at the place that the item names.',
  ),
  quarantineSettled: refused(
    'MESH-2513',
    409,
    'The item is not open any more',
    'See its state with `mesh quarantine show`: only an open item can be discarded.',
  ),
  causeUnknown: refused(
    'MESH-2514',
    400,
    'No fault has that code or name',
    'Give a code as the listing shows it, such as MESH-2202; docs/errors.md has them all.',
  ),
  // 26xx State
  mergeIntoSelf: bad(
    'MESH-2601',
    'A merge names the same person twice',
    'Name two different people: the one that ends and the one that survives.',
  ),
  mergeCycle: bad(
    'MESH-2602',
    'The merge would lead in a circle',
    'The survivor was itself merged into this person before; correct the merge at its source.',
  ),
  recordKeeperUnclear: bad(
    'MESH-2603',
    'Several record keepers have a record of this id, and nothing says whose is meant',
    'State whose record it is (FHIR: the ODS code of Patient.managingOrganization), or whom it is about.',
  ),
  recordIdReused: bad(
    'MESH-2650',
    'Something else, or somebody else, is held under this identifier',
    'Give each its own identifier. To correct what was sent before, send it in a return of a later period (Client Level Data: a later Reporting Period End Date).',
  ),
  recordClosed: bad(
    'MESH-2630',
    'The record was taken back as one that never was, and this does not begin it',
    'Nothing is to be done if that is right. If the stay took place, send its admission (HL7: A01) again.',
  ),
  recordOfAnother: bad(
    'MESH-2631',
    'The record that is to be taken back is held of somebody else',
    'Check whom the record is about at its source; take it back with the person it was last sent with.',
  ),
  olderThanHeld: bad(
    'MESH-2633',
    'Older than what is held, it changed nothing',
    'If it states what nothing later states, state that again in a message with a later time (HL7: MSH-7).',
  ),
  // 261x Choices
  choiceUndated: bad(
    'MESH-2611',
    'The entry does not say from when the choice holds',
    'Give the date on which the entry took effect: of several entries the latest counts.',
  ),
  choiceInError: bad(
    'MESH-2612',
    'The entry was made in error and says nothing',
    'Send the entry that holds now, with its date. Only under its own id, about the same person, is an entry taken back.',
  ),
  choiceStatus: bad(
    'MESH-2613',
    'An entry of this status states no choice that holds',
    'Send an Observation that is final, amended or corrected, or a Consent that is active; inactive only ends a Consent sent before under the same id.',
  ),
  choiceInFuture: bad(
    'MESH-2614',
    'A date of the entry lies in the future',
    'Correct the date at the path, or replay the item when the day has come; until then the choice in force stays.',
  ),
  choiceCodeUnknown: bad(
    'MESH-2615',
    'The code states no choice that this domain knows',
    'Give the code together with its code system, as docs/guide/choices.md names them; a Type 1 opt-out goes to the GP service.',
  ),
  choiceElsewhere: bad(
    'MESH-2616',
    'The entry states a choice of the person, and records are sent here',
    'Send the entry to /v1/intake/choices (mesh intake <domain> <file> --source choices); here it changes nothing.',
  ),
  // 264x What a resource means
  fhirNameTaken: bad(
    'MESH-2640',
    'Another resource of this submission has the same type and id, and entries that stood before were taken to mean that one',
    'Give each entry its fullUrl, or send the two apart. Look at what refers to this type and id: retract what was taken of the wrong one, and send it again.',
  ),
  jsonNameTwice: refused(
    'MESH-2641',
    400,
    'An object of the JSON has the same name twice',
    'Write each name once: which of the two values is meant cannot be told. An editor that checks JSON shows the place.',
  ),
  // 27xx Publishing and start
  noChecks: refused(
    'MESH-2701',
    500,
    'The product has no checks',
    'A product without checks is not started. Leave the standard list in place.',
  ),
  contractFolderMissing: refused(
    'MESH-2702',
    500,
    'The contract folder of a product is missing or cannot be read',
    'Check MESH_SCHEMAS_DIR and the contract named in defineProduct.',
  ),
  schemaNotApproved: later(
    'MESH-2703',
    'The schema of the product has no approved version',
    'Propose the contract; records wait until it is approved.',
  ),
  publisherFenced: later(
    'MESH-2704',
    'Another process publishes this shard now',
    'Nothing to do: this process has stopped sending.',
  ),
  definitionInvalid: refused(
    'MESH-2705',
    500,
    'The definition of the domain is not valid',
    'Correct the definition as the detail says.',
  ),
  submissionFailed: refused(
    'MESH-2810',
    500,
    'The rest of the submission could not be worked through',
    'Items up to the fault are stored. Tell the operators the receipt; send the file again once it is mended.',
  ),
  // 28xx Consumption
  noMagicByte: bad(
    'MESH-2801',
    'The value does not begin with the magic byte of the wire format',
    'Publish with the schema id prefix: 0x00 and four bytes.',
  ),
  schemaIdUnknown: bad(
    'MESH-2802',
    'The schema id is not known to the registry',
    'Publish only with an approved version of the product.',
  ),
  schemaIdOfAnother: bad(
    'MESH-2803',
    'The schema id belongs to another product',
    'Publish only with an approved version of this very product.',
  ),
  undecodable: bad(
    'MESH-2804',
    'The bytes cannot be decoded with their schema',
    'The publisher must encode with the schema it names.',
  ),
  handlerFailed: bad(
    'MESH-2805',
    'The handler of the consumer failed on this record',
    'Correct the handler; then replay the record.',
  ),
  recordKeyMalformed: bad(
    'MESH-2806',
    'The key of the record is not the one the mesh gives',
    'Publish through the outbox; a key is the person part, a full stop and the record part.',
  ),
  envelopeIncomplete: bad(
    'MESH-2807',
    'A header that every record must have is missing or malformed',
    'Publish through the outbox, or add the header named.',
  ),
} as const satisfies Record<string, FaultRow>;
