import { shownId } from '@caremesh/product';
import type { Header } from './hl7/header.js';
import { Segment } from './hl7/message.js';

/** Fields that say who a message is about: the person's identifiers, and those of one who is merged into them. */
const NAMING: Record<string, number> = { PID: 3, MRG: 1 };
const NAMING_LINE = /(?:^|[\r\n])[ \t]*((?:PID|MRG)[^\r\n]*)/g;
/** What has more identifiers than a message of 200 merges is garbled, and not looked through. */
const MOST_IDENTIFIERS = 2_000;

/**
 * What a message is called in answers and listings: its control id, or its position in what was sent where that tells who
 * it is about, whatever becomes of it.
 */
export function nameOf(header: Header, bytes: Buffer, index: number): string {
  const people = identifiersIn(header, bytes);
  return (people && shownId(header.controlId, people)) ?? `item ${index + 1}`;
}

/** The identifiers of people in a message that may be none; read as its header is, byte for byte. Null of more than are looked through. */
function identifiersIn(header: Header, bytes: Buffer): string[] | null {
  const found: string[] = [];
  for (const [, line] of bytes.toString('latin1').matchAll(NAMING_LINE)) {
    const segment = new Segment(line!, header);
    const field = NAMING[segment.name];
    if (field === undefined) continue;
    const repetitions = segment.repetitions(field);
    if (found.length + repetitions > MOST_IDENTIFIERS) return null;
    for (let at = 0; at < repetitions; at++) found.push(segment.value(field, 1, 1, at) ?? '');
  }
  return found;
}
