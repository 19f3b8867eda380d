import { brokerSecurity, problem } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { governanceErrors } from '../errors.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

const PATIENCE_MS = 5_000;
const discovery = z.object({ token_endpoint: z.url() });

/** How a consumer's client connects, apart from its credential. */
@Injectable()
export class ConnectionSettings {
  readonly #settings: Settings;
  #tokenUrl: string | undefined;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.#settings = settings;
  }

  /** Throws MESH-3019 while the identity provider does not say where tokens are had. */
  async read() {
    const { kafkaPublicBrokers, kafkaBrokers, registryUrl } = this.#settings;
    this.#tokenUrl ??= await this.#discover();
    return {
      tokenUrl: this.#tokenUrl,
      scope: 'mesh-kafka',
      audience: 'mesh-kafka',
      bootstrap: kafkaPublicBrokers ?? kafkaBrokers.join(','),
      securityProtocol: brokerSecurity(this.#settings),
      saslMechanism: 'OAUTHBEARER',
      registryUrl,
    };
  }

  async #discover(): Promise<string> {
    const url = `${this.#settings.oidcIssuer}/.well-known/openid-configuration`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
      return discovery.parse(await response.json()).token_endpoint;
    } catch (cause) {
      throw problem(governanceErrors.identityUnavailable, 'no discovery document', [], cause);
    }
  }
}
