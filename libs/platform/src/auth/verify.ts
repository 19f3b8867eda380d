import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';

import { platformErrors } from '../errors.js';
import { Problem, problem } from '../faults/problem.js';
import { callerOf } from './caller.js';
import type { Caller } from './caller.js';
import { discover } from './discovery.js';

// Two machines' clocks differ a little; a token that ran out longer ago than this is refused.
const CLOCK_TOLERANCE_SECONDS = 5;
/**
 * A token found good is taken again without its signature being checked anew: at 200 requests a second of one publisher
 * that was a tenth of a domain's work. Not for long: the issuer may give up a key.
 */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 1_000;

/**
 * Checks access tokens: signature against the issuer's published keys, RS256 alone, issuer, one
 * audience, expiry. The algorithm is ours to choose, never the token's.
 */
export class TokenVerifier {
  readonly #issuer: string;
  readonly #audience: string;
  #keys: Promise<JWTVerifyGetKey> | undefined;
  readonly #good = new Map<string, { claims: JWTPayload; until: number }>();

  constructor({ issuer, audience }: { issuer: string; audience: string }) {
    this.#issuer = issuer;
    this.#audience = audience;
  }

  /**
   * The caller of a token. Throws MESH-5202 or MESH-5203 (401) if the token is not good here, and
   * MESH-5205 (503) if the issuer's keys cannot be had: an outage of identity is not the caller's fault.
   */
  async verify(token: string): Promise<Caller> {
    const known = this.#good.get(token);
    if (known !== undefined && Date.now() < known.until) return callerOf(known.claims);
    const claims = await this.#claims(token);
    this.#remember(token, claims);
    return callerOf(claims);
  }

  #remember(token: string, claims: JWTPayload): void {
    if (this.#good.size >= MOST_REMEMBERED) this.#good.clear();
    const until = Math.min(Date.now() + REMEMBERED_MS, claims.exp! * 1_000);
    this.#good.set(token, { claims, until });
  }

  async #claims(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, await this.#keySet(), {
        algorithms: ['RS256'],
        issuer: this.#issuer,
        audience: this.#audience,
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return onlyFor(payload, this.#audience);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  #keySet(): Promise<JWTVerifyGetKey> {
    this.#keys ??= discover(this.#issuer)
      .then(({ jwks_uri }) => createRemoteJWKSet(new URL(jwks_uri)))
      .catch((error: unknown) => {
        this.#keys = undefined;
        throw error;
      });
    return this.#keys;
  }
}

// A token for two audiences could be replayed by the one against the other.
function onlyFor(payload: JWTPayload, audience: string): JWTPayload {
  const { aud } = payload;
  if (Array.isArray(aud) && aud.some((other) => other !== audience)) {
    throw problem(platformErrors.badToken, 'The token is for several audiences');
  }
  return payload;
}

function refusalOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof errors.JWTExpired) return problem(platformErrors.expiredToken);
  if (isOutage(error)) return problem(platformErrors.identityUnavailable, undefined, [], error);
  if (error instanceof errors.JWTClaimValidationFailed) {
    return problem(platformErrors.badToken, `The claim "${error.claim}" is not the one expected`);
  }
  return problem(platformErrors.badToken);
}

// jose reports an answer other than 200 from the key set as its bare base class, a failed connection
// as whatever fetch threw.
function isOutage(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return error instanceof errors.JWKSTimeout || error.code === 'ERR_JOSE_GENERIC';
}
