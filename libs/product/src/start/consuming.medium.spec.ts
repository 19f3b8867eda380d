import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { avroType, headers as ce, keys } from '@caremesh/contract';
import { stop } from '@caremesh/platform';
import {
  allow,
  can,
  clientToken,
  createTopics,
  domainRules,
  enableDomain,
  match,
  of,
  registerSchema,
  sharedStack,
} from '@caremesh/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { defineDomain } from '../define/domain.js';
import { defineSubscription } from '../define/subscription.js';
import { createConsumer, createProducer } from '../kafka/client.js';
import type { QuarantineItem } from '../quarantine/store.js';
import { encodeWire } from '../registry/wire.js';
import { gp, nhsNumber } from '../rig/feed.js';
import { SCHEMAS, smallMesh } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { openDomain } from './start-domain.js';

/** The product of another domain that gp reads in this spec, and one whose records have no place there. */
const SPELLS = 'acute.inpatient-spell.v1';
const LETTERS = 'gp.dead-letter.reader';
const schemaOf = (folder: string): string =>
  readFileSync(join(SCHEMAS, folder, 'v1', 'schema.avsc'), 'utf8');
const spell = schemaOf('acute/inpatient-spell');
const package_ = schemaOf('social-care/care-package');

type Spell = { hospitalProviderSpellNumber: string | null };

let mesh: SmallMesh;
let app: NestFastifyApplication;
let ids: { spell: number; other: number };
const taken: string[] = [];

const reader = defineDomain({
  ...gp,
  subscriptions: [
    defineSubscription<Spell>({
      product: 'acute.inpatient-spell',
      async handle(records, { transaction }) {
        await transaction.query('SELECT 1');
        for (const { value } of records) taken.push(value?.hospitalProviderSpellNumber ?? 'none');
      },
    }),
  ],
});

beforeAll(async () => {
  mesh = await smallMesh();
  const { stack } = mesh;
  await sharedStack('registry');
  await enableDomain(stack, 'acute');
  await allow(stack, 'domain-acute', domainRules('acute'));
  const present = await mesh.admin.listTopics();
  for (const [topic, partitions] of [
    [SPELLS, 6],
    [LETTERS, 1],
  ] as const)
    if (!present.includes(topic)) await createTopics(stack, [topic], { partitions });
  ids = {
    spell: await registerSchema(stack, `${SPELLS}-value`, spell),
    other: await registerSchema(stack, 'social-care.care-package.v1-value', package_),
  };
  mesh.governance.state.approvedOf = { [SPELLS]: [ids.spell] };
  app = await openDomain(reader, mesh.env);
});
afterAll(async () => {
  if (app) await stop(app, { error: () => undefined } as never);
  await mesh.admin.deleteTopics({ topics: [SPELLS, LETTERS] });
  await mesh?.close();
});

const KEY = Buffer.alloc(32, 3);

function message(n: number, value: Buffer) {
  const person = keys.personKey(KEY, { nhsNumber: nhsNumber(n) });
  const header: [string, string][] = [
    [ce.HEADERS.id, `spec-consuming-${n}`],
    [ce.HEADERS.sequence, '1'],
    [ce.HEADERS.recordRevision, '1'],
  ];
  return {
    topic: SPELLS,
    partition: 0,
    key: Buffer.from(keys.messageKey(person, keys.recordKey(KEY, 'acute.inpatient-spell', `${n}`))),
    value,
    headers: new Map(header.map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
  };
}

function record(n: number): Buffer {
  return encodeWire(ids.spell, avroType(JSON.parse(spell) as object), {
    recordId: keys.recordKey(KEY, 'acute.inpatient-spell', `${n}`),
    nhsNumber: nhsNumber(n),
    nhsNumberStatus: '01',
    localPatientId: null,
    localPatientIdIssuer: null,
    publisherOds: 'RCB',
    recordedAt: 1_760_000_000_000,
    sourceSystemUpdatedAt: null,
    changeType: 'CREATED',
    survivorKey: null,
    hospitalProviderSpellNumber: `SPELL-${n}`,
  });
}

/** The same bytes under another schema id. */
function under(id: number, wire: Buffer): Buffer {
  const other = Buffer.from(wire);
  other.writeUInt32BE(id, 1);
  return other;
}

async function get<T>(path: string): Promise<T> {
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const headers = { authorization: `Bearer ${await mesh.token()}` };
  return (await (await fetch(`${url}${path}`, { headers })).json()) as T;
}

const refused = async () => {
  const { items } = await get<{ items: QuarantineItem[] }>('/v1/quarantine?publisher=acute');
  return items.map(({ errors, product, publisher, state, origin }) => ({
    ...{ code: errors[0]!.code, product, publisher, state },
    ...origin,
  }));
};

it('a domain reads another’s product once it is granted it, and lists what it refused with its place', async () => {
  const waits = async () =>
    (await get<{ subscriptions: { state: string }[] }>('/v1/status')).subscriptions[0]?.state;
  await vi.waitUntil(async () => (await waits()) === 'waiting', { timeout: 60_000 });
  // What governance permits when a grant of individual care for the domain becomes active.
  await allow(mesh.stack, 'domain-gp', [
    { on: of.TOPIC, name: SPELLS, pattern: match.LITERAL, operations: [can.READ] },
  ]);

  const producer = createProducer({
    brokers: mesh.stack.kafkaBrokers,
    clientId: 'domain-acute',
    tokens: { token: () => clientToken(mesh.stack, 'domain-acute', 'mesh-kafka') },
  });
  const rogues = [
    under(999_999, record(2)),
    under(ids.other, record(3)),
    record(4).subarray(5),
    Buffer.concat([record(5).subarray(0, 5), Buffer.from('no spell')]),
  ];
  const values = [record(1), ...rogues, record(6)];
  await producer.send({ messages: values.map((value, at) => message(at + 1, value)) });
  await producer.close(true);

  // The list shows what is committed; the handler has its records before that.
  await vi.waitUntil(async () => (await refused()).length === rogues.length, { timeout: 60_000 });
  await vi.waitUntil(() => taken.length === 2, { timeout: 60_000 });
  expect(taken).toEqual(['SPELL-1', 'SPELL-6']);
  const place = { product: 'acute.inpatient-spell', publisher: 'acute' };
  expect(await refused()).toEqual(
    ['MESH-2802', 'MESH-2803', 'MESH-2801', 'MESH-2804'].map((code, at) => ({
      ...{ code, ...place, state: 'open', topic: SPELLS, partition: 0, offset: at + 1 },
    })),
  );
  expect(mesh.governance.state.deadLetters).toEqual([{ consumer: 'reader' }]);
  expect(await letters(rogues.length)).toEqual(rogues);
});

/** The dead letters, as whoever may read the topic finds them. */
async function letters(count: number): Promise<Buffer[]> {
  await allow(mesh.stack, 'domain-acute', [
    { on: of.TOPIC, name: LETTERS, pattern: match.LITERAL, operations: [can.READ] },
  ]);
  const consumer = createConsumer(
    {
      brokers: mesh.stack.kafkaBrokers,
      clientId: 'letters',
      tokens: { token: () => clientToken(mesh.stack, 'domain-acute', 'mesh-kafka') },
    },
    { groupId: 'acute.spec-letters' },
  );
  const stream = await consumer.consume({ topics: [LETTERS], mode: 'earliest', maxWaitTime: 200 });
  const found: Buffer[] = [];
  for await (const { value } of stream) {
    found.push(value);
    if (found.length === count) break;
  }
  await consumer.close(true);
  return found;
}
