import { fault, hasControl, type Fault } from '@caremesh/product';
import { unescape } from './escape.js';
import type { Header } from './header.js';

/**
 * A value of a message: text, `null` if the sender withdrew it (`""`), `undefined` if it says nothing about
 * it (empty or absent). HL7 keeps the three apart, and so must whoever updates a record from a message.
 */
export type Value = string | null | undefined;

/** Segments this product reads: a broken line inside one of them would lose data, elsewhere it does not matter. */
const READ = new Set(['MSH', 'EVN', 'PID', 'PD1', 'MRG', 'PV1', 'PV2', 'DG1', 'PR1']);
/** Segments of which a message has one: what a second says would be lost, or be said of somebody else. */
const ONCE = new Set(['MSH', 'PID', 'PV1']);
/** The merge message, which repeats the group that PID begins. */
const REPEATING = 'A40';
/** Most repetitions of a field that are read; people have some ten identifiers, and what has more is garbled. */
const MOST_REPETITIONS = 200;
const SEGMENT_NAME = /^[A-Za-z][A-Za-z0-9]{2}$/;

/** One segment, split into fields; what is inside a field is looked for when asked for, its repetitions told apart once. */
export class Segment {
  readonly name: string;
  private readonly fields: string[];
  private readonly repeated = new Map<number, string[]>();

  constructor(
    line: string,
    private readonly header: Header,
  ) {
    this.fields = line.split(header.delimiters.field);
    this.name = this.fields[0]!;
  }

  /** A component of a field; positions count from 1 as in the standard, repetitions from 0. */
  value(field: number, component = 1, subcomponent = 1, repetition = 0): Value {
    const { delimiters, characterSet } = this.header;
    const stated = this.fields[field];
    if (!stated) return undefined;
    // The first one is most of what is asked for, and is found without telling the others apart.
    const whole =
      repetition === 0
        ? piece(stated, delimiters.repetition, 0)
        : this.repetitionsOf(field)[repetition];
    if (!whole) return undefined;
    const part = piece(whole, delimiters.component, component - 1);
    const text = piece(part, delimiters.subcomponent, subcomponent - 1).trim();
    if (text === '') return undefined;
    return text === '""' ? null : (unescape(text, delimiters, characterSet) ?? text);
  }

  /**
   * A part of a field that is stated as a whole, such as a location or an address: a part that a sender leaves out of
   * what it gives is no more, or the rest of an old value would stand beside a new one.
   */
  part(field: number, component = 1, subcomponent = 1, repetition = 0): Value {
    const value = this.value(field, component, subcomponent, repetition);
    return value === undefined && this.isStated(field) ? null : value;
  }

  /** True if the field holds more than separators. */
  private isStated(field: number): boolean {
    const { component, repetition, subcomponent } = this.header.delimiters;
    const separators = new Set([component, repetition, subcomponent, ' ']);
    return [...(this.fields[field] ?? '')].some((character) => !separators.has(character));
  }

  /** The position of the last field. */
  get lastField(): number {
    return this.fields.length - 1;
  }

  /** How many components a field has. */
  components(field: number): number {
    return (this.fields[field] ?? '').split(this.header.delimiters.component).length;
  }

  /** How often a field is repeated; 0 if the segment ends before it. */
  repetitions(field: number): number {
    return this.repetitionsOf(field).length;
  }

  private repetitionsOf(field: number): string[] {
    let found = this.repeated.get(field);
    if (!found) {
      found = this.fields[field]?.split(this.header.delimiters.repetition) ?? [];
      this.repeated.set(field, found);
    }
    return found;
  }
}

/** A message. Segments nobody asks for, Z segments among them, cost nothing and harm nothing. */
export class Message {
  private readonly read = new Map<string, Segment>();

  private constructor(
    readonly header: Header,
    private readonly lines: string[],
    /** False if the last segment has no terminator: the message may have been cut short. */
    readonly ended: boolean,
  ) {}

  /** @returns the fault of the first line that is no segment, if it breaks one that this product reads. */
  static parse(text: string, header: Header): Message | Fault {
    const lines = text.split(/[\r\n]+/);
    const ended = lines.at(-1)?.trim() === '';
    const segments = segmentsOf(lines, header);
    return Array.isArray(segments) ? new Message(header, segments, ended) : segments;
  }

  has(name: string): boolean {
    return this.lines.some((line) => line.startsWith(name));
  }

  first(name: string): Segment | undefined {
    const known = this.read.get(name);
    if (known) return known;
    const line = this.lines.find((one) => one.startsWith(name));
    if (line === undefined) return undefined;
    const segment = new Segment(line, this.header);
    this.read.set(name, segment);
    return segment;
  }

  /** Segments of the given names in the order they stand in (a merge message repeats PID and MRG). */
  all(...names: string[]): Segment[] {
    return this.lines
      .filter((line) => names.includes(line.slice(0, 3)))
      .map((line) => new Segment(line, this.header));
  }

  get last(): Segment | undefined {
    const line = this.lines.at(-1);
    return line === undefined ? undefined : new Segment(line, this.header);
  }
}

/** The n-th piece of a text, counted from 0; empty if there are fewer. */
function piece(text: string, separator: string, n: number): string {
  let start = 0;
  for (; n > 0; n--) {
    const next = text.indexOf(separator, start);
    if (next < 0) return '';
    start = next + 1;
  }
  const end = text.indexOf(separator, start);
  if (end < 0) return start === 0 ? text : text.slice(start);
  return text.slice(start, end);
}

function segmentsOf(lines: string[], header: Header): string[] | Fault {
  const separator = header.delimiters.field;
  const segments: string[] = [];
  let reading = '';
  for (const [index, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const name = trimmed.slice(0, 3);
    if (SEGMENT_NAME.test(name) && (trimmed.length === 3 || trimmed[3] === separator)) {
      const wrong = wrongIn(trimmed, name, segments, header);
      if (wrong) return wrong;
      segments.push(trimmed);
      reading = name;
    } else if (READ.has(reading)) {
      return fault('hl7SegmentMalformed', `line ${index + 1}`);
    }
  }
  return segments;
}

/** Why a segment that this product reads cannot be used beside those before it. */
function wrongIn(line: string, name: string, before: string[], header: Header): Fault | null {
  if (!READ.has(name)) return null;
  const repeats = header.event === REPEATING && name !== 'MSH';
  if (ONCE.has(name) && !repeats && before.some((one) => one.startsWith(name)))
    return fault('hl7SegmentMalformed', `${name}[2]`, 'a message has one');
  const spelt = spellingOf(line, header);
  if (spelt === null) return fault('escapeOutsideCharset', name);
  if (hasControl(line) || (spelt !== line && hasControl(spelt)))
    return fault('textInvalid', placeOfControl(line, name, header));
  const garbled = tooOftenRepeated(line, header);
  if (garbled !== null)
    return fault(
      'hl7SegmentMalformed',
      placeOf(garbled, name),
      `a field has at most ${MOST_REPETITIONS} repetitions`,
    );
  return null;
}

/** Which field of a segment is repeated more often than is read; null if none is. */
function tooOftenRepeated(line: string, { delimiters }: Header): number | null {
  const isTooMany = (text: string): boolean => {
    let count = 1;
    for (
      let at = text.indexOf(delimiters.repetition);
      at >= 0 && count <= MOST_REPETITIONS;
      count++
    )
      at = text.indexOf(delimiters.repetition, at + 1);
    return count > MOST_REPETITIONS;
  };
  if (!isTooMany(line)) return null;
  const at = line.split(delimiters.field).findIndex(isTooMany);
  return at < 0 ? null : at;
}

/** The segment with the bytes that it spells out as `\Xhh..\`; null if they are not of the charset of its message. */
function spellingOf(line: string, { delimiters, characterSet }: Header): string | null {
  if (!line.includes(`${delimiters.escape}X`)) return line;
  return unescape(line, delimiters, characterSet);
}

function placeOfControl(line: string, name: string, header: Header): string {
  const fields = line.split(header.delimiters.field);
  const at = fields.findIndex((one) => hasControl(spellingOf(one, header) ?? one));
  return at < 0 ? name : placeOf(at, name);
}

/** MSH-1 is the separator itself, so the first field after it is MSH-2. */
const placeOf = (at: number, name: string): string => `${name}-${name === 'MSH' ? at + 1 : at}`;
