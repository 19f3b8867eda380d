import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framed, FrameReader, type Frame } from './framing.js';

const MAX = 2000;
const messages = fc.array(
  fc
    .uint8Array({ minLength: 0, maxLength: 300 })
    // 0x0B begins a frame and 0x1C 0x0D ends one: neither can be inside a message.
    .map((bytes) =>
      Buffer.from(bytes.map((byte) => (byte === 0x0b || byte === 0x1c ? 0x41 : byte))),
    ),
  { maxLength: 8 },
);

/** Feeds the bytes cut at the given places. */
function feed(reader: FrameReader, bytes: Buffer, cuts: number[]): Frame[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  return edges
    .slice(1)
    .flatMap((edge, index) => reader.push(Buffer.from(bytes.subarray(edges[index], edge))));
}

describe('frames come out the same however their bytes are cut', () => {
  it('any messages, any cuts, any line ends between them', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 40 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.flatMap((one) => [framed(one), Buffer.from('\r\n')]));
        const frames = feed(new FrameReader(MAX), bytes, cuts);
        expect(frames.map((one) => one.bytes.toString('hex'))).toEqual(
          sent.map((one) => one.toString('hex')),
        );
      }),
    );
  });

  it('byte by byte', () => {
    const bytes = Buffer.concat([framed(Buffer.from('MSH|a')), framed(Buffer.from('MSH|b'))]);
    const reader = new FrameReader(MAX);
    const frames = [...bytes].flatMap((byte) => reader.push(Buffer.of(byte)));
    expect(frames.map((one) => one.bytes.toString())).toEqual(['MSH|a', 'MSH|b']);
  });

  it('arbitrary bytes never throw and never hold more than one frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 }), (chunks) => {
        const reader = new FrameReader(50);
        for (const chunk of chunks)
          for (const frame of reader.push(Buffer.from(chunk)))
            expect(frame.tooLarge || frame.bytes.length <= 50).toBe(true);
      }),
    );
  });
});

describe('what is not quite MLLP', () => {
  const texts = (bytes: string): string[] =>
    new FrameReader(MAX).push(Buffer.from(bytes, 'latin1')).map((one) => one.bytes.toString());

  it('an end mark that no carriage return follows belongs to the message', () => {
    expect(texts('\x0bMSH|a\x1cb\x1c\r')).toEqual(['MSH|a\x1cb']);
    expect(texts('\x0bMSH|a\x1c\x1c\r')).toEqual(['MSH|a\x1c']);
  });

  it('a start mark inside a frame gives up the first message', () => {
    expect(texts('\x0bMSH|half\x0bMSH|whole\x1c\r')).toEqual(['MSH|whole']);
    expect(texts('\x0bMSH|half\x1c\x0bMSH|whole\x1c\r')).toEqual(['MSH|whole']);
  });

  it('a frame of exactly the limit is whole, one byte more is too large', () => {
    const of = (size: number): Frame =>
      new FrameReader(MAX).push(framed(Buffer.alloc(size, 'x')))[0]!;
    expect(of(MAX)).toMatchObject({ tooLarge: false, bytes: { length: MAX } });
    expect(of(MAX + 1).tooLarge).toBe(true);
  });

  it('the start of a frame too large is kept, and the next frame is read', () => {
    const reader = new FrameReader(10);
    const frames = reader.push(
      Buffer.concat([
        framed(Buffer.from(`MSH|${'x'.repeat(20_000)}`)),
        framed(Buffer.from('MSH|b')),
      ]),
    );
    expect(frames.map((one) => [one.tooLarge, one.bytes.toString().slice(0, 5)])).toEqual([
      [true, 'MSH|x'],
      [false, 'MSH|b'],
    ]);
    expect(frames[0]!.bytes.length).toBeLessThanOrEqual(8192);
  });

  it('a connection that sends no frame at all is known as noise', () => {
    const reader = new FrameReader(MAX);
    reader.push(Buffer.alloc(60_000, 'GET / '));
    expect(reader.isNoise).toBe(false);
    reader.push(Buffer.alloc(6_000, 'GET / '));
    expect(reader.isNoise).toBe(true);
  });
});
