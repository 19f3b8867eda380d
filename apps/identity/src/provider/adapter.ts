import { isFitText } from '@caremesh/platform';
import { errors } from 'oidc-provider';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { DataSource } from 'typeorm';

import type { Client } from '../clients/client.js';
import type { ClientStore } from '../clients/client-store.js';

/** The public client through which people sign in from the command line. */
const PEOPLE_CLIENT = 'mesh-cli';

/** What oidc-provider keeps for us: clients are read, used assertions remembered, nothing else is. */
export function adapterFor(clients: ClientStore, dataSource: DataSource) {
  return (model: string): Adapter => {
    if (model === 'Client') return { ...nothing, find: (id) => findClient(clients, id) };
    if (model === 'ReplayDetection') return { ...nothing, upsert: rememberOnce(dataSource) };
    return nothing;
  };
}

const nothing: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

async function findClient(clients: ClientStore, id: string): Promise<AdapterPayload | undefined> {
  if (!isFitText(id)) throw new errors.InvalidRequest('client_id is no text');
  if (id === PEOPLE_CLIENT) return peopleClient;
  const client = await clients.find(id);
  return client ? payloadOf(client) : undefined;
}

const neverRedirected = { redirect_uris: [], response_types: [] };

const peopleClient: AdapterPayload = {
  ...neverRedirected,
  client_id: PEOPLE_CLIENT,
  grant_types: ['password'],
  token_endpoint_auth_method: 'none',
};

function payloadOf(client: Client): AdapterPayload {
  return {
    ...neverRedirected,
    client_id: client.clientId,
    grant_types: ['client_credentials'],
    ...(client.jwk ? keyProof(client.jwk) : secretProof(client)),
    caremesh: client,
  };
}

function keyProof(jwk: Record<string, unknown>): AdapterPayload {
  return { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] as never } };
}

// The library calls it a secret; here it is the hash of one, and is compared as such.
function secretProof({ secretSha256, expires }: Client): AdapterPayload {
  return {
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: secretSha256 ?? '',
    client_secret_expires_at: expires ? Math.floor(expires.getTime() / 1_000) : 0,
  };
}

/**
 * Remembers the id of an assertion until it expires; refuses one that is remembered. The insert itself
 * decides, so of two requests with the same assertion at the same moment one is refused.
 */
function rememberOnce(dataSource: DataSource) {
  return async (id: string, _payload: AdapterPayload, expiresIn: number): Promise<undefined> => {
    await dataSource.query('DELETE FROM used_assertion WHERE expires_at < now()');
    const inserted: unknown[] = await dataSource.query(
      `INSERT INTO used_assertion (id, expires_at) VALUES ($1, now() + $2 * interval '1 second')
       ON CONFLICT DO NOTHING RETURNING id`,
      [id, expiresIn],
    );
    if (inserted.length === 0) {
      throw new errors.InvalidClientAuth('client assertion tokens must only be used once');
    }
  };
}
