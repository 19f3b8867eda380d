import { randomUUID } from 'node:crypto';
import { FAULTS, type Fault, type ItemOutcome } from '@caremesh/product';
import type { Header } from '../hl7/header.js';

/**
 * HL7 table 0008 in original mode. AA: landed, durable, applied, or known, or not used. AE: landed and in
 * quarantine, the sender need not send again. AR: not landed, sending again is right.
 */
export type AckCode = 'AA' | 'AE' | 'AR';

/** How an outcome of the intake is answered. */
export function codeOf({ outcome }: ItemOutcome): AckCode {
  if (outcome === 'refused') return 'AR';
  return outcome === 'quarantined' ? 'AE' : 'AA';
}

/** MSA-3 is 80 characters in v2.4; senders log it, so the code and the position come first. */
const TEXT_MAX = 80;

/**
 * The acknowledgement of one message, ready to be framed.
 * Built with the message's own separators, so that what is echoed (MSA-2, the names of both systems) needs no
 * translation: Latin-1 text gives back the very bytes that came. Without a readable header MSA-2 is empty.
 */
export function acknowledgement(
  header: Header | null,
  code: AckCode,
  faults: readonly Fault[],
  now: Date = new Date(),
): Buffer {
  const sep = header?.delimiters.field ?? '|';
  const sub = header?.delimiters.component ?? '^';
  const type = header?.event ? `ACK${sub}${header.event}${sub}ACK` : 'ACK';
  const msh = [
    'MSH',
    header?.encodingCharacters ?? '^~\\&',
    header?.receivingApplication ?? '',
    header?.receivingFacility ?? '',
    header?.sendingApplication ?? '',
    header?.sendingFacility ?? '',
    stamp(now),
    '',
    type,
    randomUUID().replaceAll('-', '').slice(0, 20),
    header?.processingId || 'P',
    '2.4',
  ].join(sep);
  const msa = ['MSA', code, header?.controlId ?? '', textOf(faults, header)].join(sep);
  return Buffer.from(`${msh}\r${msa}\r`, 'latin1');
}

const titles = new Map<string, string>(Object.values(FAULTS).map((row) => [row.code, row.title]));

/** `MESH-2202 PID-3.1 The NHS number fails …`, shortened; one fault stands for all. */
function textOf(faults: readonly Fault[], header: Header | null): string {
  const [first] = faults;
  if (!first) return '';
  const more = faults.length > 1 ? ` (+${faults.length - 1})` : '';
  const words = first.message || (titles.get(first.code) ?? '');
  const text = `${first.code} ${first.path} ${words}`.slice(0, TEXT_MAX - more.length) + more;
  return withoutSeparators(text, header);
}

/** Our own words hold no separators of HL7, but a sender may have chosen unusual ones. */
function withoutSeparators(text: string, header: Header | null): string {
  const { field, component, repetition, escape, subcomponent } = header?.delimiters ?? {
    field: '|',
    component: '^',
    repetition: '~',
    escape: '\\',
    subcomponent: '&',
  };
  let plain = '';
  for (const character of text) {
    const special =
      [field, component, repetition, escape, subcomponent].includes(character) || character < ' ';
    plain += special || character > '~' ? ' ' : character;
  }
  return plain;
}

/** UTC with its offset stated, so that nobody has to guess. */
const stamp = (now: Date): string => `${now.toISOString().replace(/[-:T]/g, '').slice(0, 14)}+0000`;
