import { fault, type Fault, type Mode, type SourceItem } from '@caremesh/product';
import { decode } from './hl7/charset.js';
import { cutShort } from './cut-short.js';
import { withoutBlanks } from './hl7/batch.js';
import { holdsAnother, isFaultOf, nameOfSender, readHeader, type Header } from './hl7/header.js';
import { Message } from './hl7/message.js';
import { nameOf } from './name.js';
import { timeOf } from './hl7/time.js';
import type { Certified, Senders } from './senders.js';

/** An ADT message that `acute.inpatient-spell` uses, read and let in. */
export type AdtMessage = {
  event: AdtEvent;
  message: Message;
  /** ODS code of the trust that sent it. */
  trust: string;
  /** When the sender made the message (MSH-7), UTC. */
  at: string;
  mode: Mode;
};

/** Admit, transfer, discharge, update; cancel of admission, transfer, discharge; merge. */
const EVENTS = ['A01', 'A02', 'A03', 'A08', 'A11', 'A12', 'A13', 'A40'] as const;
type AdtEvent = (typeof EVENTS)[number];

/** Segments without which an event says nothing about a stay. */
const NEEDED: Record<'stay' | 'merge', string[]> = {
  stay: ['PID', 'PV1'],
  merge: ['PID', 'MRG'],
};

/** HL7 table 0103: debugging and training. */
const NOT_REAL = new Set(['D', 'T']);

/** Refused: not to be landed, with the header if it could be read. Otherwise an item to be landed. */
export type Reading =
  | { refused: Fault; header: Header | null; item?: undefined }
  | { refused?: undefined; header: Header; item: SourceItem<AdtMessage> };

/**
 * Reads one message as far as its source's kind goes: what no sender should have sent here (unreadable header,
 * other version or type, what is none of a patient where patients are real, a second message in its frame, sender not on the list, or not with this certificate) is refused;
 * everything else becomes an item, faulty or not.
 */
export function readMessage(
  sent: Buffer,
  index: number,
  senders: Senders,
  mode: Mode,
  certified?: Certified,
): Reading {
  const bytes = withoutBlanks(sent);
  const header = readHeader(bytes);
  if (isFaultOf(header)) return { refused: header, header: null };
  const refused = refusalOf(header, bytes, mode);
  if (refused) return { refused, header };
  const trust = senders.odsOf(nameOfSender(header), certified);
  if (trust === null) return { refused: fault('senderNotAllowed', 'MSH-4'), header };
  return { header, item: itemOf(bytes, index, header, trust, mode) };
}

function refusalOf(
  { version, type, event, processingId }: Header,
  bytes: Buffer,
  mode: Mode,
): Fault | null {
  if (version !== '2.4') return fault('hl7VersionNotTaken', 'MSH-12');
  if (type !== 'ADT' || event === '') return fault('hl7TypeNotTaken', 'MSH-9');
  if (mode === 'production' && NOT_REAL.has(processingId))
    return fault('hl7ProcessingNotTaken', 'MSH-11');
  if (holdsAnother(bytes)) return fault('hl7SegmentMalformed', 'MSH[2]', 'a second message');
  return null;
}

function itemOf(
  bytes: Buffer,
  index: number,
  header: Header,
  trust: string,
  mode: Mode,
): SourceItem<AdtMessage> {
  const { sendingApplication, sendingFacility, controlId } = header;
  const head = {
    index,
    sourceId: nameOf(header, bytes, index),
    messageId: JSON.stringify([sendingApplication, sendingFacility, controlId]),
    raw: bytes,
    publisherOds: trust,
  };
  if (!isUsed(header.event)) {
    const detail = `ADT ${/^[A-Z]\d\d$/.test(header.event) ? header.event : 'event'}`;
    return { ...head, outcome: 'notUsed', errors: [fault('kindNotUsed', 'MSH-9.2', detail)] };
  }
  const text = decode(bytes, header.characterSet);
  const message = typeof text === 'string' ? Message.parse(text, header) : text;
  if (isFaultOf(message)) return { ...head, outcome: 'quarantined', errors: [message] };
  const missing = missingSegments(message, header.event);
  const at = timeOf(header.time, 'MSH-7');
  const errors = [...missing, ...cutShort(message), ...(typeof at === 'string' ? [] : [at])];
  if (errors.length > 0 || typeof at !== 'string')
    return { ...head, outcome: 'quarantined', errors };
  return { ...head, record: { event: header.event, message, trust, at, mode }, at };
}

const isUsed = (event: string): event is AdtEvent => (EVENTS as readonly string[]).includes(event);

function missingSegments(message: Message, event: AdtEvent): Fault[] {
  return NEEDED[event === 'A40' ? 'merge' : 'stay']
    .filter((name) => !message.has(name))
    .map((name) => fault(message.ended ? 'hl7SegmentMissing' : 'hl7Truncated', name));
}
