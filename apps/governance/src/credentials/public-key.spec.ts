import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readPublicKey } from './public-key.js';

const ecPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ecJwk = ecPair.publicKey.export({ format: 'jwk' }) as Record<string, unknown>;

describe('a public key of a grant', () => {
  it('keeps only what a signature is checked by', () => {
    const key = readPublicKey({ ...ecJwk, jku: 'http://attacker.example', alg: 'none' }, 'k1');
    expect(key).toEqual({ ...ecJwk, kid: 'k1', alg: 'ES256', use: 'sig' });
  });

  it('keeps the id that its holder signs under, if it is plain and nobody’s number', () => {
    expect(readPublicKey({ ...ecJwk, kid: 'my-key_1' }, 'k1')['kid']).toBe('my-key_1');
    for (const kid of ['', 'a b', 'x'.repeat(101), '943 476 5919', '9434765919', 7, null]) {
      expect(readPublicKey({ ...ecJwk, kid }, 'k1')['kid']).toBe('k1');
    }
  });

  it('takes RSA of 2048 bits and refuses 1024', () => {
    const of = (modulusLength: number) =>
      generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
    expect(readPublicKey({ ...of(2048) }, 'k1')).toMatchObject({ kty: 'RSA', alg: 'RS256' });
    expect(() => readPublicKey({ ...of(1024) }, 'k1')).toThrow('MESH-3510');
  });

  it('refuses a private key, a symmetric key and nonsense', () => {
    const secret = ecPair.privateKey.export({ format: 'jwk' }) as Record<string, unknown>;
    expect(() => readPublicKey(secret, 'k1')).toThrow('private members');
    expect(() => readPublicKey({ kty: 'oct', k: 'c2VjcmV0' }, 'k1')).toThrow('MESH-3510');
    expect(() => readPublicKey({ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }, 'k1')).toThrow(
      'no key',
    );
  });
});
