import { StackError, stackErrors } from './errors.js';

export type Issuer = { issuer: string; tokenUrl: string; jwksUrl: string };

/** The embedded identity provider's addresses, or those a site's own provider publishes. */
export async function issuerOf(given: string | undefined, port: number): Promise<Issuer> {
  if (given) return discover(given.replace(/\/$/, ''));
  const issuer = `http://127.0.0.1:${port}`;
  return { issuer, tokenUrl: `${issuer}/token`, jwksUrl: `${issuer}/jwks` };
}

/** OpenID Connect Discovery 1.0, section 4. */
async function discover(issuer: string): Promise<Issuer> {
  const url = `${issuer}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((cause) => {
    throw new StackError(
      stackErrors.issuerSilent,
      `MESH_OIDC_ISSUER: ${url} does not answer`,
      cause,
    );
  });
  if (!response.ok) {
    throw new StackError(stackErrors.issuerSilent, `${url} answers ${response.status}`);
  }
  const found = (await response.json()) as { token_endpoint: string; jwks_uri: string };
  return { issuer, tokenUrl: found.token_endpoint, jwksUrl: found.jwks_uri };
}
