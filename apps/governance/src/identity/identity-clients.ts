import { problem, ownTokens } from '@caremesh/platform';
import type { TokenSource } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { governanceErrors } from '../errors.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

const PATIENCE_MS = 5_000;

/** A grant's client as the identity provider is told of it. The secret itself is told to nobody but its holder. */
export type GrantClient = {
  clientId: string;
  sub: string;
  organisation: string;
  expires: Date;
} & ({ secretSha256: string } | { jwk: Record<string, unknown> });

/** The clients that the identity provider knows, through its admin API. Throws MESH-3019 if it does not carry out. */
@Injectable()
export class IdentityClients {
  readonly #issuer: string;
  readonly #tokens: TokenSource;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.#issuer = settings.oidcIssuer;
    this.#tokens = ownTokens(settings, 'mesh-api');
  }

  /**
   * Makes a client of a grant: tokens for the broker without naming an audience, and for the mesh's API (where its
   * output port is) when asked for by name.
   */
  async put(client: GrantClient): Promise<void> {
    const { clientId, sub, organisation, expires, ...proof } = client;
    await this.#call('PUT', `/v1/clients/${encodeURIComponent(clientId)}`, {
      sub,
      kind: 'grant',
      enabled: true,
      ...proof,
      audiences: ['mesh-kafka', 'mesh-api'],
      defaultAudience: 'mesh-kafka',
      roles: [],
      org: organisation,
      expires: expires.toISOString(),
    });
  }

  /** Gives a client a later end; its proof stays. One that is not there any more needs none. */
  async extend(clientId: string, expires: Date): Promise<void> {
    const path = `/v1/clients/${encodeURIComponent(clientId)}/expiry`;
    await this.#call('PUT', path, { expires: expires.toISOString() }, [404]);
  }

  /** Ends a client: it gets no further token. Ending one that is not there is done already. */
  async remove(clientId: string): Promise<void> {
    await this.#call('DELETE', `/v1/clients/${encodeURIComponent(clientId)}`, undefined, [404]);
  }

  /** Lets the principal of an accepted domain sign in. False while the identity provider knows no such principal. */
  async enableDomain(name: string): Promise<boolean> {
    const path = `/v1/domains/${encodeURIComponent(name)}/enable`;
    return (await this.#call('POST', path, {}, [404])) !== 404;
  }

  async #call(method: string, path: string, json?: unknown, accepted: number[] = []) {
    const response = await this.#send(method, path, json);
    if (response.ok || accepted.includes(response.status)) return response.status;
    if (response.status === 401) this.#tokens.forget();
    throw problem(governanceErrors.identityUnavailable, `${method} answered ${response.status}`);
  }

  async #send(method: string, path: string, json: unknown): Promise<Response> {
    const token = await this.#tokens.token();
    return fetch(`${this.#issuer}${path}`, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        authorization: `Bearer ${token}`,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: json === undefined ? null : JSON.stringify(json),
    }).catch((cause: unknown) => {
      throw problem(governanceErrors.identityUnavailable, 'no answer', [], cause);
    });
  }
}
