import { isAscii } from 'node:buffer';
import {
  charsetOf,
  defineSource,
  fault,
  IntakeRefused,
  type Fault,
  type SourceInput,
  type SourceItem,
} from '@caremesh/product';
import { readMessage, type AdtMessage } from './adt-message.js';
import { decode } from './hl7/charset.js';
import { isFaultOf, readHeader, type Header } from './hl7/header.js';
import { messagesOf } from './hl7/batch.js';
import { nameOf } from './name.js';
import { listen } from './mllp/listener.js';
import { sendersOf } from './senders.js';

/** Largest message taken; ADT messages have 1 to 3 KB, with photographs in OBX up to some hundred. */
const MESSAGE_MAX = 1024 * 1024;

/** HL7 v2.4 ADT of the UK ITK profile: over MLLP as hospitals send it, and over HTTP for files of messages. */
export const adt = defineSource<AdtMessage>({
  name: 'mllp',
  method: 'mllp',
  contentTypes: ['application/hl7-v2'],
  read,
  listen: (submit, context) =>
    listen(submit, context, sendersOf(context.environment, context.settings)),
});

/**
 * Reads one or many messages of a body. What MLLP would answer AR is an item in quarantine here, for there is
 * no sender waiting; only a body that holds nothing but one unreadable message is refused as a whole.
 */
async function* read(input: SourceInput): AsyncGenerator<SourceItem<AdtMessage>> {
  const senders = sendersOf(input.environment, process.env);
  const charset = input.charset ?? charsetOf(input.contentType);
  let index = 0;
  let first: { item: SourceItem<AdtMessage>; problem: Fault } | null = null;
  for await (const { bytes: sent, tooLarge } of messagesOf(input.body, MESSAGE_MAX)) {
    const text = inUtf8(sent, charset);
    const bytes = isFaultOf(text) ? sent : text;
    const reading = readMessage(bytes, index, senders, input.environment);
    const wrong = reading.refused ?? (isFaultOf(text) ? text : undefined);
    const problem = tooLarge ? fault('itemTooLarge', 'MSH') : wrong;
    const item = problem ? refusedItem(bytes, index, reading.header, problem) : reading.item!;
    if (index++ === 0 && problem && !reading.header) {
      first = { item, problem };
      continue;
    }
    if (first) yield first.item;
    first = null;
    yield item;
  }
  if (first) throw new IntakeRefused(first.problem);
  if (index === 0) throw new IntakeRefused(fault('bodyEmpty', ''));
}

/**
 * A message that states no charset has that of the content type. It is kept as UTF-8, which is what one without either is
 * read as: taken in again there is no content type any more.
 */
function inUtf8(bytes: Buffer, charset: string | undefined): Buffer | Fault {
  if (charset === undefined || /^utf-?8$/i.test(charset) || isAscii(bytes)) return bytes;
  const header = readHeader(bytes);
  if (isFaultOf(header) || header.characterSet !== '') return bytes;
  const text = decode(bytes, charset, 'Content-Type');
  return typeof text === 'string' ? Buffer.from(text) : text;
}

/** An item without a message identity: the same control id may come again in another form. */
function refusedItem(
  raw: Buffer,
  index: number,
  header: Header | null,
  problem: Fault,
): SourceItem<AdtMessage> {
  const sourceId = header && nameOf(header, raw, index);
  return { index, sourceId, raw, outcome: 'quarantined', errors: [problem] };
}
