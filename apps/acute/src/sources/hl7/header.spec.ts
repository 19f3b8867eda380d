import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFaultOf, readHeader } from './header.js';

const line = (msh: string, encoding: BufferEncoding = 'latin1'): Buffer =>
  Buffer.from(`${msh}\rPID|1`, encoding);
const codeOf = (bytes: Buffer): string => {
  const header = readHeader(bytes);
  return isFaultOf(header) ? `${header.code} ${header.path}` : header.controlId;
};

describe('a header is read as its own separators say', () => {
  it('with the usual ones', () => {
    expect(
      readHeader(
        line(
          'MSH|^~\\&|PAS^1|RCB|ROUTE|ROUTE|2026^x||ADT^A01^ADT_A01|77|P^T|2.4^GBR||||||8859/1~x',
        ),
      ),
    ).toEqual({
      delimiters: {
        field: '|',
        component: '^',
        repetition: '~',
        escape: '\\',
        subcomponent: '&',
      },
      encodingCharacters: '^~\\&',
      sendingApplication: 'PAS^1',
      sendingFacility: 'RCB',
      receivingApplication: 'ROUTE',
      receivingFacility: 'ROUTE',
      time: '2026',
      type: 'ADT',
      event: 'A01',
      controlId: '77',
      processingId: 'P',
      version: '2.4',
      characterSet: '8859/1',
    });
  });

  it('with others, with one left out, and with one too many', () => {
    expect(codeOf(line('MSH#!;*%#PAS#RCB#####ADT!A01#78#P#2.4'.replace('#####', '#####')))).toBe(
      '78',
    );
    expect(readHeader(line('MSH|^~|P|R|||1||ADT^A01|79|P|2.4'))).toMatchObject({
      controlId: '79',
      delimiters: { escape: '\x1f', subcomponent: '\x1f' },
    });
    expect(codeOf(line('MSH|^~\\\\&|SE050|050|PACS|050|2012||ADT^A01|102|T|2.6'))).toBe('102');
  });
});

describe('a header that cannot be read says why', () => {
  it.each([
    ['no header at all', line('PID|1||x'), 'MESH-2111 MSH'],
    ['nothing', Buffer.alloc(0), 'MESH-2111 MSH'],
    ['a letter as separator', line('MSHX^~\\&XPASX'), 'MESH-2111 MSH'],
    ['no encoding characters', line('MSH||PAS|RCB'), 'MESH-2111 MSH-2'],
    ['letters as encoding characters', line('MSH|abcd|PAS|RCB'), 'MESH-2111 MSH-2'],
    [
      'one separator for two things',
      line('MSH|^^^^|PAS|RCB|||1||ADT^A01|1|P|2.4'),
      'MESH-2111 MSH-2',
    ],
    ['a component that is a subcomponent', line('MSH|^~\\^|PAS|RCB'), 'MESH-2111 MSH-2'],
    ['no control id', line('MSH|^~\\&|PAS|RCB|||1||ADT^A01||P|2.4'), 'MESH-2116 MSH-10'],
    ['a header cut short', line('MSH|^~\\&|PAS|RCB|||1||ADT'), 'MESH-2116 MSH-10'],
    ['UTF-16 with its mark', Buffer.from('\ufeffMSH|^~\\&|', 'utf16le'), 'MESH-2104 MSH'],
    ['UTF-16 without', Buffer.from('MSH|^~\\&|', 'utf16le'), 'MESH-2104 MSH'],
    ['a byte order mark', line('\ufeffMSH|^~\\&|', 'utf8'), 'MESH-2105 MSH'],
  ])('%s', (_, bytes, expected) => {
    expect(codeOf(bytes)).toBe(expected);
  });

  it('arbitrary bytes give a header or a fault, never an exception', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .uint8Array({ maxLength: 400 })
        .map((tail) => Buffer.concat([Buffer.from('MSH|^~\\&|'), tail])),
    );
    fc.assert(fc.property(bytes, (some) => void codeOf(Buffer.from(some))));
  });
});
