import { randomBytes } from 'node:crypto';

import { expect, it } from 'vitest';

import { Seal } from './seal.js';

const seal = new Seal(randomBytes(32));

it('opens what it closed, in its own place only', () => {
  const closed = seal.close(Buffer.from('a person'), 'row:1');
  expect(closed.includes('a person')).toBe(false);
  expect(seal.open(closed, 'row:1').toString()).toBe('a person');
  expect(() => seal.open(closed, 'row:2')).toThrow();
  expect(() => new Seal(randomBytes(32)).open(closed, 'row:1')).toThrow();
});

it('notices any change', () => {
  const closed = seal.close(Buffer.from('a person'), 'row:1');
  for (let at = 0; at < closed.length; at++) {
    const changed = Buffer.from(closed);
    changed[at]! ^= 1;
    expect(() => seal.open(changed, 'row:1')).toThrow();
  }
});

it('never uses a nonce twice', () => {
  const nonces = new Set<string>();
  for (let i = 0; i < 2_000; i++)
    nonces.add(seal.close(Buffer.alloc(0), 'x').subarray(0, 12).toString('hex'));
  expect(nonces.size).toBe(2_000);
});
