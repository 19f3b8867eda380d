import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash } from './hash.js';

describe('content hash', () => {
  it('is the SHA-256 of path, zero, length and bytes of each file in byte order of path', () => {
    // computed with Python's hashlib and struct.pack('>Q', length)
    expect(
      contentHash({
        'schema.avsc': '{}\n',
        'contract.odcs.yaml': 'id: é\n',
        'examples/a.json': '[]',
      }),
    ).toBe('sha256:0c135feeb8543e00e59e0cb42ed6fa13ea208660a6117d87d2fdf32a071f360b');
    expect(contentHash({})).toBe(
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('is the same for text and its UTF-8 bytes, and in any order of the files', () => {
    const files = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(files, (given) => {
        const bytes = Object.fromEntries(
          Object.entries(given)
            .reverse()
            .map(([path, text]) => [path, Buffer.from(text, 'utf8')]),
        );
        expect(contentHash(bytes)).toBe(contentHash(given));
      }),
    );
  });

  it('orders paths by bytes, not by UTF-16 units', () => {
    // U+FF5E sorts before U+1F600 in UTF-8, and after it in UTF-16
    const one = contentHash({ '\uff5e': 'a', '\u{1f600}': 'b' });
    const other = contentHash({ '\u{1f600}': 'a', '\uff5e': 'b' });
    expect(one).not.toBe(other);
    expect(one).toBe(contentHash({ '\u{1f600}': 'b', '\uff5e': 'a' }));
  });

  it('changes when anything moves: a byte, a name, or a byte from one file to the next', () => {
    const folders: Record<string, string>[] = [
      { a: 'xy', b: 'z' },
      { a: 'x', b: 'yz' },
      { a: 'xy', c: 'z' },
      { a: 'xyz' },
      { a: 'xy', b: 'z', d: '' },
    ];
    const hashes = folders.map((files) => contentHash(files));
    expect(new Set(hashes).size).toBe(5);
  });
});
