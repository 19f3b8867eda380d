import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as keys from './keys.js';

/** Bytes 0 to 31. The expected texts were computed with Python's hmac, hashlib and base64. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

describe('keys', () => {
  it('are the first 26 base32 characters of the HMAC the architecture names', () => {
    expect(keys.personKey(KEY, { nhsNumber: '9434765919' })).toBe('qaxk5fj3u2r3zy2wnksdhthttw');
    expect(keys.personKey(KEY, { issuer: 'RR8', localId: '4423178' })).toBe(
      'xhfbyhu36wp43b2hritpfze7fj',
    );
    expect(keys.recordKey(KEY, 'gp.medication-statement', 'ms-1')).toBe(
      'hpwcduib7zbfogrflttiqfnakx',
    );
    expect(keys.eventId(KEY, 'gp-system', 'ms-1', 'gp.medication-statement', 3)).toBe(
      '7a56c7qm34jqyfulayubakn4oq',
    );
  });

  it('join as <person>.<record> and come apart again', () => {
    const person = keys.personKey(KEY, { nhsNumber: '9434765919' });
    const record = keys.recordKey(KEY, 'gp.medication-statement', 'ms-1');
    expect(keys.parseMessageKey(keys.messageKey(person, record))).toEqual({ person, record });
    expect(keys.parseMessageKey(keys.messageKey(keys.NO_PERSON, record))).toEqual({
      person: '-',
      record,
    });
  });

  it.each(['', 'a.b', `${'a'.repeat(26)}`, `${'a'.repeat(26)}.${'1'.repeat(26)}`])(
    'are not %j',
    (text) => {
      expect(keys.parseMessageKey(text)).toBeNull();
    },
  );

  it('differ whenever key, person or kind of identity differ', () => {
    const identity = fc.oneof(
      fc.record({ nhsNumber: fc.stringMatching(/^[0-9]{10}$/) }),
      fc.record({
        issuer: fc.stringMatching(/^[A-Z0-9]{3,6}$/),
        localId: fc.string({ minLength: 1, maxLength: 12 }),
      }),
    );
    fc.assert(
      fc.property(identity, identity, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(keys.personKey(KEY, a) === keys.personKey(KEY, b)).toBe(same);
      }),
    );
  });

  it('give different events different ids, wherever the difference lies', () => {
    const event = fc.tuple(
      fc.constantFrom('a', 'ab'),
      fc.string({ maxLength: 4 }),
      fc.constantFrom('gp.a', 'gp.ab'),
      fc.nat(12),
    );
    fc.assert(
      fc.property(event, event, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(keys.eventId(KEY, ...a) === keys.eventId(KEY, ...b)).toBe(same);
      }),
    );
  });
});

describe('partitions', () => {
  /** The vectors of Kafka's own test of Utils.murmur2. */
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hash %j as Kafka does', (text, hash) => {
    expect(keys.murmur2(Buffer.from(text)) | 0).toBe(hash);
  });

  it('depend on the person alone, and lie within the topic', () => {
    const person = keys.personKey(KEY, { nhsNumber: '9434765919' });
    expect([1, 3, 6].map((partitions) => keys.partitionOf(person, partitions))).toEqual([0, 0, 3]);
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (text, partitions) => {
        const partition = keys.partitionOf(text, partitions);
        expect(partition >= 0 && partition < partitions && Number.isInteger(partition)).toBe(true);
      }),
    );
  });

  it('spread people evenly over six partitions', () => {
    const counts = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 6000; i++)
      counts[keys.partitionOf(keys.keyedHash(KEY, `nhs:${i}`), 6)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
  });
});
