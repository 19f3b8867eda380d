import { errors } from 'oidc-provider';
import type { Provider, TokenEndpointGrantContext } from 'oidc-provider';

import type { People } from '../people/people.js';
import { claimsOfPerson } from './claims.js';
import { defaultResource, resourceServerFor } from './resource-server.js';

const PARAMETERS = ['username', 'password', 'resource', 'scope'];

type Context = TokenEndpointGrantContext<{ username?: string; password?: string }>;

/**
 * Signs a seeded person in with their password. Exists in development and test only, so that the
 * command line and tests can act as somebody without a browser.
 */
export function allowPasswords(provider: Provider, people: People): void {
  const handler = async (ctx: Context) => {
    const { client, params } = ctx.oidc;
    const person = await people.signIn(params.username ?? '', params.password ?? '');
    if (!person) throw refused();
    ctx.state['claims'] = claimsOfPerson(person);
    const resourceServer = new provider.ResourceServer(
      defaultResource(ctx, client),
      resourceServerFor(ctx, client),
    );
    const token = new provider.ClientCredentials({ client, resourceServer });
    ctx.oidc.entity('ClientCredentials', token);
    const { expiration, tokenType } = token;
    ctx.body = { access_token: await token.save(), expires_in: expiration, token_type: tokenType };
  };
  provider.registerGrantType<{ username?: string; password?: string }>(
    'password',
    handler,
    PARAMETERS,
  );
}

function refused(): Error {
  return new errors.CustomOIDCProviderError('invalid_grant', 'unknown user or wrong password');
}
