import type { ServiceEnvironment } from '../config/environment.js';
import { readSecret } from '../config/secret.js';
import { TokenSource } from './token-source.js';

type Credential = Pick<ServiceEnvironment, 'oidcIssuer' | 'clientId' | 'clientSecretFile'>;

/** Tokens of a service's own, by its environment, for one audience. Throws as `readSecret` does. */
export function ownTokens(
  { oidcIssuer: issuer, clientId, clientSecretFile }: Credential,
  audience: string,
): TokenSource {
  return new TokenSource({
    issuer,
    clientId,
    clientSecret: readSecret(clientSecretFile),
    audience,
  });
}
