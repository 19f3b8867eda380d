import {
  defineSource,
  fault,
  IntakeRefused,
  type Fault,
  type SourceInput,
  type SourceItem,
} from '@caremesh/product';
import { readMessage, type AdtMessage } from './adt-message.js';
import type { Header } from './hl7/header.js';
import { messagesOf } from './hl7/batch.js';
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
  let index = 0;
  let first: { item: SourceItem<AdtMessage>; problem: Fault } | null = null;
  for await (const { bytes, tooLarge } of messagesOf(input.body, MESSAGE_MAX)) {
    const reading = readMessage(bytes, index, senders, input.environment);
    const problem = tooLarge ? fault('itemTooLarge', 'MSH') : reading.refused;
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

/** An item without a message identity: the same control id may come again in another form. */
function refusedItem(
  raw: Buffer,
  index: number,
  header: Header | null,
  problem: Fault,
): SourceItem<AdtMessage> {
  const sourceId = header?.controlId ?? null;
  return { index, sourceId, raw, outcome: 'quarantined', errors: [problem] };
}
