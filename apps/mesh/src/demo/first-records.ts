import { randomBytes } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import avsc from 'avsc';
import type { Type } from 'avsc';
import { WIRE_PREFIX_BYTES } from '../consume/decode.js';
import { request } from '../request.js';
import type { Credential } from './views.js';

const PATIENCE_MS = 45_000;
const LEAVE_MS = 5_000;

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
  // The client has no limit of its own on joining a group, nor on leaving it.
  await inTime(gather(consumer, credential, topic, count, found), PATIENCE_MS);
  await inTime(consumer.close(true), LEAVE_MS);
  return found;
}

/** Puts decoded records into `found` until there are `count`. */
async function gather(
  consumer: Consumer,
  credential: Credential,
  topic: string,
  count: number,
  found: Record<string, unknown>[],
): Promise<void> {
  const types = new Map<number, Type>();
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  for await (const { value } of stream) {
    if (value && value.length > WIRE_PREFIX_BYTES)
      found.push(await decode(credential, types, value));
    if (found.length >= count) return;
  }
}

/** Resolves when the work is done or its time is over, whichever is first; fails as the work does. */
async function inTime(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  // What fails after its time is over is nobody's any more.
  work.catch(() => undefined);
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
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
  return known.fromBuffer(value.subarray(WIRE_PREFIX_BYTES)) as Record<string, unknown>;
}

async function typeOf(registryUrl: string, id: number): Promise<Type> {
  const { body } = await request<{ schema: string }>(`${registryUrl}/schemas/ids/${id}`, {});
  return avsc.Type.forSchema(JSON.parse(body.schema) as avsc.Schema, {
    wrapUnions: false,
  });
}
