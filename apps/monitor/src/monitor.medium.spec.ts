import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AddressInfo } from 'node:net';

import { avroType } from '@caremesh/contract';
import { createLogger, loadConfig } from '@caremesh/platform';
import {
  allow,
  brokerAdmin,
  can,
  createTopics,
  match,
  of,
  registerSchema,
  secretFileOf,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { compose } from './monitor.module.js';
import { monitorEnvironment } from './settings.js';

const FOLDER = resolve(import.meta.dirname, '../../../schemas/gp/medication-statement/v1');
const NAME = `watched-${Date.now().toString(36)}`;
const PRODUCT = `gp.${NAME}`;
const TOPIC = `${PRODUCT}.v1`;
const schema = readFileSync(join(FOLDER, 'schema.avsc'), 'utf8');
const type = avroType(JSON.parse(schema) as object);
const example = readFileSync(join(FOLDER, 'examples', 'local-identifier-only.json'), 'utf8');
const moment = { recordedAt: Date.now(), sourceSystemUpdatedAt: null };
const good = { ...(JSON.parse(example) as object), ...moment };

type Told = { path: string; body: { findings?: { code: string; offset: number }[] } };

let stack: TestStack;
let database: TestDatabase;
let server: Server;
let schemaId: number;
let unapproved: number;
let producer: Producer<Buffer, Buffer, Buffer, Buffer>;
let governanceUrl: string;
const told: Told[] = [];

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  schemaId = await registerSchema(stack, `${TOPIC}-value`, schema);
  unapproved = await registerSchema(stack, `${TOPIC}.other-value`, {
    type: 'record',
    name: 'Other',
    fields: [],
  });
  await createTopics(stack, [TOPIC], { partitions: 1 });
  await allow(stack, 'svc-monitor', [
    { on: of.TOPIC, name: TOPIC, pattern: match.LITERAL, operations: [can.READ] },
    { on: of.GROUP, name: 'mesh.monitor.', pattern: match.PREFIXED, operations: [can.READ] },
  ]);
  governanceUrl = await standIn();
  producer = new Producer({
    clientId: 'spec',
    bootstrapBrokers: [stack.kafkaInternal.broker],
    sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
  });
});

afterAll(async () => {
  await producer?.close();
  const admin = brokerAdmin(stack);
  await admin.deleteTopics({ topics: [TOPIC] });
  await admin.close();
  server?.close();
  await database?.drop();
});

describe('the monitor', () => {
  it('finds rogue ids, undecodable records and broken contracts, and counts each record once over restarts', async () => {
    await produce([
      wire(schemaId, type.toBuffer(good)),
      wire(unapproved, Buffer.alloc(0)),
      wire(4_294_967_295, Buffer.from('rogue')),
      wire(schemaId, Buffer.from('rubbish')),
      Buffer.from('hello'),
      wire(schemaId, type.toBuffer({ ...good, nhsNumber: '9000000000' })),
    ]);
    const first = await running();
    const began = Date.now();
    const findings = await vi.waitUntil(
      async () => {
        await first.look();
        const all = told.flatMap(({ body }) => body.findings ?? []);
        return all.length >= 5 ? all : null;
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(findings.map(({ offset, code }) => [offset, code])).toEqual([
      [1, 'MESH-2803'],
      [2, 'MESH-2802'],
      [3, 'MESH-2804'],
      [4, 'MESH-2801'],
      [5, expect.stringMatching(/^MESH-1/)],
    ]);
    expect(JSON.stringify(told)).not.toMatch(/9000000000|rubbish|rogue|hello/);
    await first.stop();

    await produce([wire(schemaId, type.toBuffer(good))]);
    const second = await running();
    const window = await vi.waitUntil(
      async () => {
        await second.look();
        const last = told.findLast(({ path }) => path.endsWith('/health'))?.body as Health;
        return last?.window.records === 7 ? last.window : null;
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(window).toMatchObject({ records: 7, live: 3, findings: 5 });
    expect(window.versions).toEqual([expect.objectContaining({ schemaId, records: 3 })]);
    expect(told.flatMap(({ body }) => body.findings ?? [])).toHaveLength(5);
    await second.stop();
  });
});

type Health = { window: { records: number; versions: object[] } };

async function running() {
  const keyFile = join(mkdtempSync(join(tmpdir(), 'caremesh-key-')), 'monitor.key');
  writeFileSync(keyFile, randomBytes(32), { mode: 0o600 });
  const settings = loadConfig(monitorEnvironment, {
    MESH_MODE: 'test',
    MESH_HOME: stack.home,
    MESH_SERVICE: 'monitor',
    MESH_PORT: '0',
    MESH_DATABASE_URL: database.url,
    MESH_KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    MESH_REGISTRY_URL: stack.registryUrl,
    MESH_OIDC_ISSUER: stack.issuer,
    MESH_GOVERNANCE_URL: governanceUrl,
    MESH_CLIENT_ID: 'svc-monitor',
    MESH_CLIENT_SECRET_FILE: secretFileOf(stack, 'svc-monitor'),
    MESH_KEY_FILE: keyFile,
    MESH_SCHEMAS_DIR: resolve(FOLDER, '../../..'),
  });
  const parts = await compose(
    settings,
    createLogger('monitor', process.env['SPEC_LOG'] ?? 'fatal'),
  );
  return {
    look: async () => {
      await parts.watch.look();
      await parts.reporter.report();
    },
    stop: async () => {
      await parts.watch.stop();
      await parts.database.close();
    },
  };
}

/** Answers as governance's API does, and remembers what it is told. */
async function standIn(): Promise<string> {
  const versions = [
    { version: '1.0.0', contentHash: 'sha256:x', schemaId, publishedAt: new Date().toISOString() },
  ];
  const answers: Record<string, object> = {
    '/v1/products': {
      items: [{ id: PRODUCT, majors: [{ major: 1, topic: TOPIC, status: 'published', versions }] }],
      next: null,
    },
    '/v1/approved-schemas': { items: [{ schemaId, version: '1.0.0' }] },
    '/v1/versions/sha256%3Ax/files': {
      files: {
        'contract.odcs.yaml': readFileSync(join(FOLDER, 'contract.odcs.yaml'), 'utf8'),
        'schema.avsc': schema,
      },
    },
  };
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (request.method === 'POST') told.push({ path: pathname, body: JSON.parse(text) as never });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answers[pathname] ?? {}));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function produce(values: Buffer[]): Promise<void> {
  const key = Buffer.from(`${'a'.repeat(26)}.${'b'.repeat(26)}`);
  const headers = new Map(
    Object.entries({
      ce_id: 'x',
      ce_sequence: '1',
      ce_recordrevision: '1',
      ce_source: 'urn:ods:A81001',
      ce_time: new Date().toISOString(),
    }).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]),
  );
  await producer.send({ messages: values.map((value) => ({ topic: TOPIC, key, value, headers })) });
}

function wire(id: number, avro: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, avro]);
}
