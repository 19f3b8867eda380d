import { ownTokens, Peer } from '@caremesh/platform';
import type { ServiceEnvironment } from '@caremesh/platform';

/** Governance, asked with the service's own tokens, by its environment. Throws as `readSecret` does. */
export function governancePeer(
  environment: Pick<
    ServiceEnvironment,
    'governanceUrl' | 'oidcIssuer' | 'clientId' | 'clientSecretFile'
  >,
): Peer {
  const { governanceUrl: url } = environment;
  return new Peer({ name: 'Governance', url, tokens: ownTokens(environment, 'mesh-api') });
}
