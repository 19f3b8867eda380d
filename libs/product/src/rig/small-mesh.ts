import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import {
  allow,
  brokerAdmin,
  createTopics,
  domainRules,
  enableDomain,
  personToken,
  secretFileOf,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import { vi } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';

/**
 * What a domain needs around it, for specs: a real database, broker and identity, and a stand-in for governance
 * that answers as its API does. The product is the real gp.medication-statement.
 */
export const CONTRACT = 'gp/medication-statement/v1';
export const TOPIC = 'gp.medication-statement.v1';
export const SECONDARY = 'gp.medication-statement.secondary.v1';
export const SCHEMAS = resolve(import.meta.dirname, '../../../../schemas');
export const SCHEMA_ID = 4711;

export type SmallMesh = Awaited<ReturnType<typeof smallMesh>>;

/** @param schemas a schemas folder of the spec's own, in place of the checkout's. */
export async function smallMesh(schemas: string = SCHEMAS) {
  const stack = await sharedStack('postgresql', 'identity', 'kafka');
  const database = await testDatabase();
  await enableDomain(stack, 'gp');
  await allow(stack, 'domain-gp', domainRules('gp'));
  const admin = brokerAdmin(stack);
  await withoutTopics(admin, [TOPIC, SECONDARY]);
  await createTopics(stack, [TOPIC, SECONDARY]);
  const governance = await standInGovernance(schemas);
  const keyFile = join(mkdtempSync(join(tmpdir(), 'caremesh-key-')), 'gp.key');
  writeFileSync(keyFile, randomBytes(32), { mode: 0o600 });
  const env: NodeJS.ProcessEnv = {
    MESH_MODE: 'test',
    MESH_HOME: stack.home,
    MESH_SERVICE: 'gp',
    MESH_PORT: '0',
    MESH_DATABASE_URL: database.url,
    MESH_KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    MESH_REGISTRY_URL: stack.registryUrl,
    MESH_OIDC_ISSUER: stack.issuer,
    MESH_GOVERNANCE_URL: governance.url,
    MESH_CLIENT_ID: 'domain-gp',
    MESH_CLIENT_SECRET_FILE: secretFileOf(stack, 'domain-gp'),
    MESH_KEY_FILE: keyFile,
    MESH_SCHEMAS_DIR: schemas,
    MESH_LOG_LEVEL: process.env['SPEC_LOG'] ?? 'fatal',
  };
  return {
    stack,
    database,
    governance,
    env,
    admin,
    token: () => personToken(stack, 'gp-publisher'),
    otherToken: () => personToken(stack, 'acute-publisher'),
    async close() {
      await governance.close();
      await withoutTopics(admin, [TOPIC, SECONDARY]);
      await admin.close();
      await database.drop();
    },
  };
}

/**
 * Specs share one broker, in whatever order they run: another may have left one of the two topics alone.
 * A topic that is being deleted is listed for a moment longer, and cannot be made again until it is gone.
 */
async function withoutTopics(
  admin: ReturnType<typeof brokerAdmin>,
  topics: string[],
): Promise<void> {
  const present = async () => (await admin.listTopics()).filter((name) => topics.includes(name));
  const left = await present();
  if (left.length > 0) await admin.deleteTopics({ topics: left });
  await vi.waitUntil(async () => (await present()).length === 0, { timeout: 10_000 });
}

/** Answers `GET /v1/products/{id}` and takes ledger entries; `approved`, `up` and `hold` can be turned. */
async function standInGovernance(schemas: string) {
  const { hash, contract } = readContractFolder(schemas, CONTRACT);
  const state = {
    approved: true,
    up: true,
    hold: null as { until: string } | null,
    ledger: [] as unknown[],
    /** What is told of further majors of the product, and the state of the first. */
    beside: [] as { versions: { state: string }[] }[],
    first: 'published',
    parity: [] as unknown[],
    /** Majors of other products than the spec's own, by their ids. */
    others: {} as Record<string, object[]>,
    /** Schema ids that records of a topic may carry, for a domain that subscribes to it. */
    approvedOf: {} as Record<string, number[]>,
    /** Consumers for whose dead letters a topic was asked. */
    deadLetters: [] as unknown[],
  };
  const server = createServer((request, response) => {
    if (!state.up) return request.socket.destroy();
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.method === 'POST') {
      const taken =
        { '/v1/ledger': state.ledger, '/v1/dead-letters': state.deadLetters }[request.url ?? ''] ??
        state.parity;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        taken.push(JSON.parse(Buffer.concat(chunks).toString()));
        answer(201, {});
      });
      return;
    }
    if (request.url?.startsWith('/v1/approved-schemas')) {
      const topic = new URL(request.url, 'http://governance').searchParams.get('topic') ?? '';
      const ids = state.approvedOf[topic] ?? [];
      return answer(200, { items: ids.map((schemaId) => ({ schemaId, version: '1.0.0' })) });
    }
    if (!state.approved) return answer(404, {});
    const others = state.others[request.url?.split('/').at(-1) ?? ''];
    if (others) return answer(200, { majors: others });
    answer(200, {
      retentionHold: state.hold,
      majors: [
        {
          major: 1,
          topic: TOPIC,
          secondary: { topic: SECONDARY },
          versions: [
            {
              version: contract.version,
              state: state.first,
              schemaId: SCHEMA_ID,
              secondarySchemaId: SCHEMA_ID,
              contentHash: hash,
            },
          ],
        },
        ...state.beside,
      ],
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    state,
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
