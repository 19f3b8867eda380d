import { createPublicKey } from 'node:crypto';
import { problem } from '@caremesh/platform';
import { identifiesNobody } from '../decisions/free-text.js';
import { grantErrors } from '../errors.js';

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];
const SHORTEST_RSA_BITS = 2_048;

/** A public key as the identity provider keeps it: nothing but what checking a signature needs. */
export type PublicKey = { kid: string; kty: string } & Record<string, unknown>;

/** A key id that can stand in a header of a signature and on the ledger as it is. */
const PLAIN_ID = /^[\w.~:-]{1,100}$/;

/**
 * Reads a public JWK (RFC 7517) for private_key_jwt. It keeps the id (`kid`) that its holder's client signs under; without
 * one that can be kept it is called `otherwise`. Throws MESH-3510 for a private key, which is nobody's to send, and for a key
 * too weak or of another kind.
 */
export function readPublicKey(given: Record<string, unknown>, otherwise: string): PublicKey {
  if (PRIVATE_MEMBERS.some((member) => member in given)) refuse('It holds private members');
  const kid = idOf(given) ?? otherwise;
  if (given['kty'] === 'RSA') return rsa(given, kid);
  if (given['kty'] === 'EC') return ec(given, kid);
  return refuse('Its kind is neither RSA nor EC');
}

function idOf({ kid }: Record<string, unknown>): string | null {
  return typeof kid === 'string' && PLAIN_ID.test(kid) && identifiesNobody(kid) ? kid : null;
}

function rsa({ n, e }: Record<string, unknown>, kid: string): PublicKey {
  const jwk = { kty: 'RSA', n: String(n), e: String(e) };
  const bits = parsed(jwk).asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < SHORTEST_RSA_BITS) refuse(`It has ${bits} bits`);
  return { ...jwk, kid, alg: 'RS256', use: 'sig' };
}

function ec({ crv, x, y }: Record<string, unknown>, kid: string): PublicKey {
  if (crv !== 'P-256') refuse('Its curve is not P-256');
  const jwk = { kty: 'EC', crv: 'P-256', x: String(x), y: String(y) };
  parsed(jwk);
  return { ...jwk, kid, alg: 'ES256', use: 'sig' };
}

function parsed(jwk: Record<string, string>) {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return refuse('It is no key');
  }
}

function refuse(detail: string): never {
  throw problem(grantErrors.badPublicKey, detail);
}
