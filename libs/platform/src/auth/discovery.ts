import { z } from 'zod';

import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';

const PATIENCE_MS = 5_000;

const metadata = z.object({ issuer: z.string(), token_endpoint: z.url(), jwks_uri: z.url() });

/** What an OpenID provider says about itself, as far as a service needs it. */
export type ProviderMetadata = z.infer<typeof metadata>;

/**
 * Reads the provider's published configuration (OpenID Connect Discovery 1.0, section 4).
 * Throws MESH-5205 if it cannot be had, or names another issuer than the one asked.
 */
export async function discover(issuer: string): Promise<ProviderMetadata> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = metadata.safeParse(await fetchJson(address));
  if (!found.success || found.data.issuer !== issuer) {
    throw problem(platformErrors.identityUnavailable, `${address} does not describe this issuer`);
  }
  return found.data;
}

async function fetchJson(address: string): Promise<unknown> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? await answer.json() : null;
  } catch (cause) {
    throw problem(platformErrors.identityUnavailable, `${address} gives no answer`, [], cause);
  }
}
