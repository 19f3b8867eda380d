import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from './charset.js';
import { unescape } from './escape.js';
import { isFaultOf, readHeader, type Header } from './header.js';
import { Message } from './message.js';
import { timeOf } from './time.js';

const MSH = 'MSH|^~\\&|PAS|RCB|||20261010||ADT^A01|1|P|2.4';
const header = readHeader(Buffer.from(MSH)) as Header;
const parse = (text: string): Message => {
  const message = Message.parse(text, header);
  if (isFaultOf(message)) throw new Error(`${message.code} ${message.path}`);
  return message;
};

describe('values of a message', () => {
  const pid = parse(`${MSH}\rPID|1|""|a&b^c~d^^"" |x\\T\\y|`).first('PID')!;

  it('are stated, withdrawn or left open', () => {
    expect(pid.value(1)).toBe('1');
    expect(pid.value(2)).toBe(null);
    expect(pid.value(5)).toBe(undefined);
    expect(pid.value(99, 9, 9, 9)).toBe(undefined);
    expect(pid.value(3, 3, 1, 1)).toBe(null);
  });

  it('have repetitions, components and subcomponents', () => {
    expect(pid.value(3)).toBe('a');
    expect(pid.value(3, 1, 2)).toBe('b');
    expect(pid.value(3, 2)).toBe('c');
    expect(pid.value(3, 1, 1, 1)).toBe('d');
    expect([pid.repetitions(3), pid.repetitions(1), pid.repetitions(99)]).toEqual([2, 1, 0]);
  });

  it.each([
    ['\\F\\\\S\\\\T\\\\R\\\\E\\', '|^&~\\'],
    ['a\\X41C3A9\\b', 'aAéb'],
    ['one\\.br\\two', 'one\ntwo'],
    ['\\H\\bold\\N\\', 'bold'],
    ['\\.in+4\\text\\C2842\\', 'text'],
    ['50\\50', '50\\50'],
    ['C:\\temp\\x', 'C:\\temp\\x'],
    ['\\', '\\'],
  ])('escape %s is %s', (text, expected) => {
    expect(unescape(text, header.delimiters, '')).toBe(expected);
  });

  it.each([
    ['8859/1', 'Zo\\XEB\\', 'Zoë'],
    ['8859/15', '\\XA4\\5', '€5'],
    ['windows-1252', '\\X80\\5', '€5'],
    ['ISO-8859-1', 'Zo\\XEB\\', 'Zoë'],
    ['UNICODE UTF-8', 'Zo\\XC3AB\\', 'Zoë'],
    ['', 'Zo\\XC3\\\\XAB\\', 'Zoë'],
    ['', 'Zo\\XEB\\', null],
    ['ASCII', 'Zo\\XC3AB\\', null],
    ['8859/1', 'O\\X92\\', null],
    ['ASCII', '\\X0D0A\\', '\r\n'],
  ])('bytes spelt out are of the charset %j: %s', (characterSet, text, expected) => {
    expect(unescape(text, header.delimiters, characterSet)).toBe(expected);
  });

  it('bytes spelt out that are none of its charset refuse a segment that is read, and no other', () => {
    const bad = (name: string) => Message.parse(`${MSH}\r${name}|1|Zo\\XEB\\`, header);
    expect(bad('PID')).toMatchObject({ code: 'MESH-2119', path: 'PID' });
    expect(isFaultOf(bad('NTE'))).toBe(false);
  });
});

describe('segments', () => {
  it('end with CR, LF or CRLF, blank lines apart, the last end optional', () => {
    for (const end of ['\r', '\n', '\r\n']) {
      expect(parse(`${MSH}${end}PID|1${end}${end}PV1|1`).first('PV1')?.value(1)).toBe('1');
      expect(parse(`${MSH}${end}PID|1${end}`).ended).toBe(true);
    }
    expect(parse(`${MSH}\rPID|1`).ended).toBe(false);
  });

  it('of the UK (Z) are never in the way, whatever they hold', () => {
    const message = parse(`${MSH}\rZZZ\rPID|1\rZU1|~~^^&&\\\\|"\rnot a segment\rPV1|2\rZ99|\x00`);
    expect([message.first('PID')?.value(1), message.first('PV1')?.value(1)]).toEqual(['1', '2']);
  });

  it('that are read must be whole', () => {
    expect(Message.parse(`${MSH}\rPV1|1|I|W27\rroom 4|13\r`, header)).toMatchObject({
      code: 'MESH-2115',
      path: 'line 3',
    });
  });

  it.each([
    ['PV1|1|I|A\x00B', 'PV1-3'],
    ['PV1|1|I|A\\X00\\B', 'PV1-3'],
    ['PID|1||A\x07', 'PID-3'],
    ['DG1|1||A\x1cB', 'DG1-3'],
  ])('that are read hold no control characters, spelt out or not: %j', (line, path) => {
    expect(Message.parse(`${MSH}\r${line}\r`, header)).toMatchObject({ code: 'MESH-2223', path });
  });

  it.each(['MSH', 'PID', 'PV1'])('a second %s is refused, save in a merge', (name) => {
    const twice = `${MSH}\rPID|1\rPV1|1\r${name}|2\r`;
    expect(Message.parse(twice, header)).toMatchObject({ code: 'MESH-2115', path: `${name}[2]` });
    const merge = { ...header, event: 'A40' };
    expect(isFaultOf(Message.parse(twice, merge))).toBe(name === 'MSH');
  });

  it.each([
    ['PID|1||', 'PID-3'],
    ['PID|1||7~8|', 'PID-4'],
    ['MRG|', 'MRG-1'],
    ['PV1|1|I|', 'PV1-3'],
  ])('that are read repeat a field at most 200 times: %s', (before, path) => {
    const repeated = (times: number) => Array(times).fill('x^^^RCB^MR').join('~');
    const read = (times: number) => Message.parse(`${MSH}\r${before}${repeated(times)}|\r`, header);
    expect(isFaultOf(read(200))).toBe(false);
    expect(read(201)).toMatchObject({ code: 'MESH-2115', path });
    // All fields of a segment together may have more, and a segment that is not read is never in the way.
    const shared = `${before}${repeated(150)}|${repeated(150)}\rZU1|${repeated(900)}\r`;
    expect(isFaultOf(Message.parse(`${MSH}\r${shared}`, header))).toBe(false);
  });

  it('of arbitrary text never throw', () => {
    fc.assert(
      fc.property(fc.string(), (tail) => {
        const message = Message.parse(`${MSH}\rPID|1\rNTE|${tail}`, header);
        if (!isFaultOf(message))
          for (let field = 0; field < 9; field++) message.first('NTE')?.value(field + 1, 2, 2, 1);
      }),
    );
  });
});

describe('character sets', () => {
  it.each([
    ['', Buffer.from('Zoë'), 'Zoë'],
    ['UNICODE', Buffer.from('Zoë'), 'Zoë'],
    ['UNICODE UTF-8', Buffer.from('Zoë'), 'Zoë'],
    ['8859/1', Buffer.from('Zoë', 'latin1'), 'Zoë'],
    ['8859/1', Buffer.from([0xa0, 0xff]), '\u00a0ÿ'],
    ['8859/9', Buffer.from([0xfe]), 'ş'],
    ['8859/15', Buffer.from([0xa4]), '€'],
    ['ISO-8859-15', Buffer.from([0xa4]), '€'],
    ['WINDOWS-1252', Buffer.from([0x4f, 0x92]), 'O’'],
    ['US-ASCII', Buffer.from('Zoe'), 'Zoe'],
    ['ASCII', Buffer.from('Zoe'), 'Zoe'],
  ])('%s', (characterSet, bytes, expected) => {
    expect(decode(bytes, characterSet)).toBe(expected);
  });

  it.each([
    ['Windows-1252 that states nothing', '', Buffer.from('Zoë', 'latin1'), 'MESH-2103'],
    ['Windows-1252 that states Unicode', 'UNICODE', Buffer.from('Zoë', 'latin1'), 'MESH-2103'],
    ['bytes beyond a stated ASCII', 'ASCII', Buffer.from('Zoë'), 'MESH-2106'],
    ['an unknown charset', 'ISO IR87', Buffer.from('Zoe'), 'MESH-2106'],
    ['Windows-1252 that states 8859/1', '8859/1', Buffer.from([0x4f, 0x92]), 'MESH-2106'],
    ['Windows-1252 by another name', 'iso-8859-1', Buffer.from([0x80]), 'MESH-2106'],
    ['Windows-1254 that states 8859/9', '8859/9', Buffer.from([0x9f]), 'MESH-2106'],
    ['control bytes of 8859/15', '8859/15', Buffer.from([0x85]), 'MESH-2106'],
  ])('%s is refused', (_, characterSet, bytes, code) => {
    expect(decode(bytes, characterSet)).toMatchObject({ code, path: 'MSH-18' });
  });
});

describe('time stamps', () => {
  it.each([
    ['20260701', '2026-06-30T23:00:00.000Z'],
    ['202607011200', '2026-07-01T11:00:00.000Z'],
    ['20260101120000.1234', '2026-01-01T12:00:00.123Z'],
    ['20260701120000-0500', '2026-07-01T17:00:00.000Z'],
    ['202610250130', '2026-10-25T00:30:00.000Z'],
    ['202610250130+0000', '2026-10-25T01:30:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(timeOf(text, 'X')).toBe(expected);
  });

  it.each([
    ['2026', 'MESH-2231'],
    ['20260230', 'MESH-2232'],
    ['202603290130', 'MESH-2233'],
    ['2026070125', 'MESH-2233'],
    ['202607011200+1500', 'MESH-2234'],
  ])('%s is %s', (text, code) => {
    expect(timeOf(text, 'X')).toMatchObject({ code, path: 'X' });
  });
});
