import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedSha256 } from './keyed.js';

const hex = (binary: string): string => Buffer.from(binary, 'latin1').toString('hex');

describe('HMAC-SHA-256 under one key', () => {
  it.each([
    {
      key: Buffer.alloc(20, 0x0b),
      text: 'Hi There',
      digest: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    },
    {
      key: Buffer.from('Jefe'),
      text: 'what do ya want for nothing?',
      digest: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    },
    {
      key: Buffer.alloc(131, 0xaa),
      text: 'Test Using Larger Than Block-Size Key - Hash Key First',
      digest: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    },
  ])('gives what RFC 4231 gives for "$text"', ({ key, text, digest }) => {
    expect(hex(new KeyedSha256(key).of(text))).toBe(digest);
  });

  it('gives what createHmac gives, one text after the other under one key', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ minLength: 500, maxLength: 530 }),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.array(text, { minLength: 1, maxLength: 5 }),
        (key, texts) => {
          const keyed = new KeyedSha256(key);
          for (const one of texts)
            expect(hex(keyed.of(one))).toBe(
              createHmac('sha256', key).update(one, 'utf8').digest('hex'),
            );
        },
      ),
    );
  });
});
