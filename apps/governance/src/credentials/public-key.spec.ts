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
