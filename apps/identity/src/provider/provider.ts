import { randomBytes } from 'node:crypto';

import type { Logger, RefusedSignIns } from '@caremesh/platform';
import type { JWK } from 'jose';
import { Provider, errors } from 'oidc-provider';
import type {
  AccessToken,
  Adapter,
  Client as OidcClient,
  ClientCredentials,
  Configuration,
  JWTStructured,
  KoaContextWithOIDC,
} from 'oidc-provider';

import { isSecret } from '../clients/client.js';
import type { Audience } from '../clients/client.js';
import type { People } from '../people/people.js';
import { claimsOfClient } from './claims.js';
import type { Claims } from './claims.js';
import { allowPasswords } from './password-grant.js';
import { RefusalLog } from './refusal-log.js';
import { TOKEN_SECONDS, defaultResource, machineOf, resourceServerFor } from './resource-server.js';

// An assertion that is good for longer than a token would be worth stealing.
const ASSERTION_SECONDS = 300;
const CLOCK_TOLERANCE_SECONDS = 5;

/** What the provider is made of. */
export type ProviderParts = {
  issuer: string;
  key: JWK;
  adapter: (model: string) => Adapter;
  people: People;
  log: Logger;
  /** Told of each sign-in that failed. */
  refused: Pick<RefusedSignIns, 'count'>;
};

// Whoever cannot prove who they are. A client that waits for approval, or asks for what it may not have, has.
const FAILED = ['invalid_client', 'invalid_grant'];

/**
 * The OpenID provider: tokens for machine clients and, by password, for the seeded people. It has no
 * pages, no sessions and no browser flows.
 */
export function createProvider(parts: ProviderParts): Provider {
  const { issuer, key, adapter, people, log, refused } = parts;
  const provider = new Provider(issuer, configuration(key, adapter));
  provider.Client.prototype.compareClientSecret = function compare(
    this: OidcClient,
    secret: string,
  ) {
    return isSecret(secret, this.clientSecret ?? '');
  };
  allowPasswords(provider, people);
  const refusals = new RefusalLog();
  provider.on('grant.error', (ctx, error) => {
    const client = ctx.oidc?.client?.clientId;
    if (refusals.isNews(client, error.message))
      log.info({ client, reason: error.message }, 'No token given');
    if (FAILED.includes(error.message)) refused.count(error.message, client);
  });
  provider.on('server_error', (_ctx, err) => log.error({ err }, 'A token request failed'));
  return provider;
}

function configuration(key: JWK, adapter: (model: string) => Adapter): Configuration {
  return {
    adapter,
    jwks: { keys: [key] as never },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    cookies: { keys: [randomBytes(32).toString('hex')] },
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'],
    },
    extraClientMetadata: { properties: ['caremesh'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client) => defaultResource(ctx, client),
        getResourceServerInfo: (ctx, _resource, client) => resourceServerFor(ctx, client),
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    formats: { customizers: { jwt: putClaims } },
    assertJwtClientAuthClaimsAndHeader: checkAssertion,
    responseTypes: [],
    routes: { jwks: '/jwks', token: '/token' },
    scopes: [],
    ttl: { ClientCredentials: TOKEN_SECONDS },
  };
}

function putClaims(
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
  { payload }: JWTStructured,
): void {
  const machine = token.client && machineOf(token.client);
  const claims = (ctx.state['claims'] ??
    (machine && claimsOfClient(machine, payload.aud as Audience))) as Claims | undefined;
  if (!claims) throw new errors.UnauthorizedClient();
  const said = Object.entries(claims).filter(([, value]) => value !== null);
  Object.assign(payload, Object.fromEntries(said));
}

function checkAssertion(
  _ctx: KoaContextWithOIDC,
  claims: Record<string, unknown>,
  _header: unknown,
  client: OidcClient,
): void {
  const left = Number(claims['exp']) - Date.now() / 1_000;
  if (!(left <= ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS)) {
    throw new errors.InvalidClientAuth('the assertion may be good for five minutes at most');
  }
  const expires = machineOf(client)?.expires;
  if (expires && new Date(expires).getTime() <= Date.now()) {
    throw new errors.InvalidClientAuth('the credential has expired');
  }
}
