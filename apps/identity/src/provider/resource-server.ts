import { errors } from 'oidc-provider';
import type { Client as OidcClient, KoaContextWithOIDC, ResourceServer } from 'oidc-provider';

import type { Audience, Client } from '../clients/client.js';
import { audienceAsked, resourceOf } from './audience.js';

/** Five minutes at most: a token that leaks, or a right that is taken away, does not live longer. */
export const TOKEN_SECONDS = 300;

/** The machine client behind a client of the library; undefined for the one people sign in through. */
export function machineOf(client: OidcClient): Client | undefined {
  return client['caremesh'] as Client | undefined;
}

/**
 * The audience of the token to be issued. Throws `invalid_target` for one that there is not or that
 * the client may not have, `unauthorized_client` while the client waits for approval.
 */
function audienceFor(ctx: KoaContextWithOIDC, client: OidcClient): Audience {
  const machine = machineOf(client);
  if (machine && !machine.enabled) throw new errors.UnauthorizedClient('waiting for approval');
  const { resource, scope } = ctx.oidc.params ?? {};
  const asked = audienceAsked({ resource, scope, audience: ctx.oidc.body?.['audience'] });
  const audience = asked ?? machine?.defaultAudience ?? 'mesh-api';
  if (asked === null || (machine && !machine.audiences.includes(audience))) {
    throw new errors.InvalidTarget('this client gets no tokens for that audience');
  }
  return audience;
}

/** The resource indicator to use when a request names none. */
export function defaultResource(ctx: KoaContextWithOIDC, client?: OidcClient): string {
  if (!client) throw new errors.InvalidTarget();
  return resourceOf(audienceFor(ctx, client));
}

/** What a token for an audience is like: a JWT signed with RS256 that lives five minutes. */
export function resourceServerFor(ctx: KoaContextWithOIDC, client: OidcClient): ResourceServer {
  const audience = audienceFor(ctx, client);
  return {
    audience,
    scope: audience,
    accessTokenTTL: TOKEN_SECONDS,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
}
