import { z } from 'zod';

import { platformErrors } from '../errors.js';
import { Problem, problem } from '../faults/problem.js';
import { revealed } from '../log/sensitive.js';
import type { Sensitive } from '../log/sensitive.js';
import { discover } from './discovery.js';

const PATIENCE_MS = 5_000;
// Renewing at three quarters of the life leaves a quarter of it to ride out an outage of identity.
const RENEW_AT = 0.75;

/** A machine client of the identity provider and the audience it wants tokens for. */
export type TokenSourceOptions = ({ issuer: string } | { tokenUrl: string }) & {
  clientId: string;
  clientSecret: string | Sensitive<string>;
  audience: string;
};

type Held = { token: string; renewAt: number; expiresAt: number };

const success = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const failure = z.object({ error: z.string(), error_description: z.string().optional() });

/**
 * Access tokens of a machine client (OAuth 2.0 client credentials, RFC 6749 section 4.4; the audience
 * is named as a resource, RFC 8707). Keeps one token and renews it at three quarters of its life;
 * callers at the same moment share one request.
 */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  #tokenUrl: string | undefined;
  #held: Held | undefined;
  #asking: Promise<Held> | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
    this.#tokenUrl = 'tokenUrl' in options ? options.tokenUrl : undefined;
  }

  /**
   * A token that is good now. Throws MESH-5205 if identity gives no answer (and no token is left),
   * MESH-5210 if it refuses the credential, MESH-5211 while the client waits for approval.
   */
  async token(): Promise<string> {
    const held = this.#held;
    if (held && Date.now() < held.renewAt) return held.token;
    try {
      return (await this.#renewed()).token;
    } catch (error) {
      if (held && Date.now() < held.expiresAt && isOutage(error)) return held.token;
      throw error;
    }
  }

  /** Forgets the token, for a caller that was told it is no longer good. */
  forget(): void {
    this.#held = undefined;
  }

  #renewed(): Promise<Held> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<Held> {
    const asked = Date.now();
    const answer = await this.#request();
    const body: unknown = await answer.json().catch(() => null);
    const parsed = success.safeParse(body);
    if (!answer.ok || !parsed.success) throw refusalOf(answer.status, body);
    const life = parsed.data.expires_in * 1_000;
    this.#held = {
      token: parsed.data.access_token,
      renewAt: asked + life * RENEW_AT,
      expiresAt: asked + life,
    };
    return this.#held;
  }

  async #request(): Promise<Response> {
    const { clientId, clientSecret, audience } = this.#options;
    const url = await this.#endpoint();
    try {
      return await fetch(url, {
        method: 'POST',
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: { authorization: basic(clientId, revealed(clientSecret)) },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          resource: `urn:caremesh:${audience}`,
        }),
      });
    } catch (cause) {
      throw problem(platformErrors.identityUnavailable, `${url} gives no answer`, [], cause);
    }
  }

  async #endpoint(): Promise<string> {
    if (!this.#tokenUrl && 'issuer' in this.#options) {
      this.#tokenUrl = (await discover(this.#options.issuer)).token_endpoint;
    }
    return this.#tokenUrl ?? '';
  }
}

// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
function basic(clientId: string, secret: string): string {
  const pair = [clientId, secret].map((part) => encodeURIComponent(part)).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function refusalOf(status: number, body: unknown): Problem {
  const told = failure.safeParse(body);
  if (status >= 500 || !told.success) return problem(platformErrors.identityUnavailable);
  const { error, error_description: description } = told.data;
  const entry =
    error === 'unauthorized_client' ? platformErrors.clientWaiting : platformErrors.tokenRefused;
  return problem(entry, description ? `${error}: ${description}` : error);
}

function isOutage(error: unknown): boolean {
  return error instanceof Problem && error.code === platformErrors.identityUnavailable.code;
}
