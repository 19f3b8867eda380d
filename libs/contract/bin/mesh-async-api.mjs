#!/usr/bin/env node
/**
 * The topics of the mesh itself as an AsyncAPI document, from the schemas under schemas/mesh.
 *
 *   node libs/contract/bin/mesh-async-api.mjs           write docs/asyncapi/mesh.json
 *   node libs/contract/bin/mesh-async-api.mjs --check   exit 1 when it is stale
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { meshAsyncApi, names } from '../dist/index.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const target = join(root, 'docs/asyncapi/mesh.json');

/** Where a mesh of one's own is reached is in `mesh status`; a document that is checked in names no machine. */
const places = {
  governanceUrl: 'https://governance.caremesh.example',
  registryUrl: 'https://registry.caremesh.example/apis/ccompat/v7',
  tokenUrl: 'https://identity.caremesh.example/token',
  bootstrap: 'kafka.caremesh.example:9092',
  encrypted: true,
};

const topics = [names.GOVERNANCE_EVENTS_TOPIC, names.LEDGER_CHECKPOINTS_TOPIC];
const schemas = Object.fromEntries(topics.map((topic) => [topic, schemaOf(topic)]));
const text = `${JSON.stringify(meshAsyncApi(schemas, places), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
  process.stderr.write(
    'docs/asyncapi/mesh.json is stale: run libs/contract/bin/mesh-async-api.mjs\n',
  );
  process.exitCode = 1;
}

/** Of `mesh.governance-events.v1` the Avro schema in schemas/mesh/governance-events/v1, or the JSON Schema there. */
function schemaOf(topic) {
  const [, name, version] = topic.split('.');
  const folder = join(root, 'schemas/mesh', name, version);
  const avro = join(folder, 'schema.avsc');
  return JSON.parse(
    readFileSync(existsSync(avro) ? avro : join(folder, 'message.schema.json'), 'utf8'),
  );
}
