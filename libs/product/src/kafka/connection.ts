import { brokerSecurity, ownTokens } from '@caremesh/platform';
import type { ServiceEnvironment } from '@caremesh/platform';

import type { KafkaConnection } from './client.js';

/** How a service reaches the broker, by its environment: with its own tokens, and over TLS wherever its mode demands it. Throws as `readSecret` does. */
export function connectionOf(
  environment: Pick<
    ServiceEnvironment,
    'mode' | 'kafkaBrokers' | 'kafkaSecurity' | 'oidcIssuer' | 'clientId' | 'clientSecretFile'
  >,
): KafkaConnection {
  return {
    brokers: environment.kafkaBrokers,
    clientId: environment.clientId,
    tokens: ownTokens(environment, 'mesh-kafka'),
    encrypted: brokerSecurity(environment) === 'SASL_SSL',
  };
}
