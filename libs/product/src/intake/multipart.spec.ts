import { describe, expect, it } from 'vitest';

import { IntakeRefused } from '../errors.js';
import { partsOf } from './multipart.js';

const TYPE = 'multipart/form-data; boundary="--x y"';
const part = (headers: string, text: string): string => `----x y\r\n${headers}\r\n\r\n${text}\r\n`;
const table = (name: string, text: string, type = 'text/csv'): string =>
  part(
    `Content-Disposition: form-data; name="${name}"; filename="${name}.csv"\r\nContent-Type: ${type}`,
    text,
  );

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The parts of a form with their text, and the code that ended the reading. */
async function read(form: string, { size = 11, type = TYPE } = {}): Promise<string[]> {
  const told: string[] = [];
  try {
    for await (const one of partsOf(pieces(form, size), type)) {
      let text = '';
      for await (const chunk of one.body) text += Buffer.from(chunk).toString('latin1');
      told.push(`${one.name} ${one.contentType} ${text}`);
    }
  } catch (error) {
    if (!(error instanceof IntakeRefused)) throw error;
    told.push(error.fault.code);
  }
  return told;
}

const WHOLE = `${table('A', 'a,b\r\n1,\xe9\r\n', 'text/csv; charset="windows-1252"')}${table('B', '')}----x y--\r\n`;

describe('a form', () => {
  it.each([1, 7, 64, 10_000])('is the same parts in pieces of %i bytes', async (size) => {
    expect(await read(WHOLE, { size })).toEqual([
      'A text/csv; charset="windows-1252" a,b\r\n1,\xe9\r\n',
      'B text/csv ',
    ]);
  });

  it('may name a part without quotes, without a file name and without a type', async () => {
    const form = `${part('content-disposition: form-data; name=A', '1')}----x y--`;
    expect(await read(form)).toEqual(['A text/plain 1']);
  });

  it.each([1, 11, 10_000])(
    'that is cut short is broken there, whatever it is cut in, in pieces of %i bytes',
    async (size) => {
      const form = `${table('A', 'a,b\r\n1,2\r\n')}${table('B', 'c,d\r\n3,4\r\n')}----x y--\r\n`;
      const whole = await read(form);
      const cuts = Array.from({ length: form.length - 6 }, (_, at) => form.slice(0, at));
      for (const cut of cuts) {
        const told = await read(cut, { size });
        expect(told.at(-1)).toBe('MESH-2013');
        // The part that it is cut in is not taken for a whole one.
        expect(whole).toEqual(expect.arrayContaining(told.slice(0, -1)));
      }
    },
  );

  // A stored body is read back in pieces of a mebibyte: the last one held up the parser for ever where its part's end came with it.
  it.each([64_000, 1_048_576, 6_000_000])(
    'of large parts is read to its end in pieces of %i bytes',
    { timeout: 5_000 },
    async (size) => {
      for (const lines of [100_000, 121_500, 145_000]) {
        const text = 'CC0,SR0,2026-10-10,09:30\r\n'.repeat(lines);
        const form = `${table('A', text)}${table('B', text)}----x y--\r\nafter the end`;
        const told = await read(form, { size });
        expect(told.map((one) => one.length)).toEqual([text.length + 11, text.length + 11]);
      }
    },
  );

  it('that is none is broken, one without parts holds nothing', async () => {
    expect(await read('{"a":1}')).toEqual(['MESH-2013']);
    expect(await read(WHOLE, { type: 'multipart/form-data' })).toEqual(['MESH-2013']);
    expect(await read('----x y--\r\n')).toEqual(['MESH-2004']);
  });
});
