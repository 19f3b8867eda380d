import { randomBytes } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import avsc from 'avsc';
import type { Type } from 'avsc';
import { request } from '../request.js';
import type { Credential } from './views.js';

const PATIENCE_MS = 45_000;
/** Confluent wire format: 0x00, the schema's id in four bytes, the record. */
const HEADER_BYTES = 5;

/**
 * The first records of a view, read as its analyst would read them: own client, own group, decoded with the
 * schema the registry gives. Fewer than asked for if no more come in time.
 */
export async function firstRecords(
  credential: Credential,
  topic: string,
  count: number,
): Promise<Record<string, unknown>[]> {
  const consumer = new Consumer({
    clientId: credential.clientId,
    groupId: `${credential.groupPrefix}demo-${randomBytes(4).toString('hex')}`,
    bootstrapBrokers: credential.bootstrap.split(','),
    ...(credential.securityProtocol === 'SASL_SSL' ? { tls: {} } : {}),
    sasl: { mechanism: 'OAUTHBEARER', token: () => tokenOf(credential) },
    retries: 20,
    retryDelay: 250,
  });
  const found: Record<string, unknown>[] = [];
  const types = new Map<number, Type>();
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    const late = setTimeout(() => void stream.close(), PATIENCE_MS);
    for await (const { value } of stream) {
      if (value && value.length > HEADER_BYTES) found.push(await decode(credential, types, value));
      if (found.length >= count) break;
    }
    clearTimeout(late);
  } finally {
    await consumer.close(true);
  }
  return found;
}

async function tokenOf({ tokenUrl, clientId, clientSecret, scope }: Credential): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  };
  const { body } = await request<{ access_token: string }>(tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({ ...form, scope }),
  });
  return body.access_token;
}

async function decode(
  { registryUrl }: Credential,
  types: Map<number, Type>,
  value: Buffer,
): Promise<Record<string, unknown>> {
  const id = value.readInt32BE(1);
  const known = types.get(id) ?? (await typeOf(registryUrl, id));
  types.set(id, known);
  return known.fromBuffer(value.subarray(HEADER_BYTES)) as Record<string, unknown>;
}

async function typeOf(registryUrl: string, id: number): Promise<Type> {
  const { body } = await request<{ schema: string }>(`${registryUrl}/schemas/ids/${id}`, {});
  return avsc.Type.forSchema(JSON.parse(body.schema) as avsc.Schema, {
    wrapUnions: false,
  });
}
