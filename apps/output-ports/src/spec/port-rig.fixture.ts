import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import {
  avroType,
  deriveViewSchema,
  grantableFields,
  keys,
  names,
  parseVersion,
} from '@caremesh/contract';
import { createLogger, openDatabase } from '@caremesh/platform';
import { SchemaRegistry, withSchemaId } from '@caremesh/product';
import {
  allow,
  brokerAdmin,
  can,
  clientToken,
  createTopics,
  match,
  of,
  registerSchema,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import { Producer } from '@platformatic/kafka';
import pg from 'pg';

import type { Contract, Grant, ToldUse } from '../governance/governance.js';
import { compose, migrations } from '../output-ports.module.js';

const FOLDER = resolve(import.meta.dirname, '../../../../schemas/gp/medication-statement/v1');
const PRODUCT = 'gp.medication-statement';
const DAY = 86_400_000;

const text = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const { contract, schema } = parseVersion({
  'contract.odcs.yaml': text('contract.odcs.yaml'),
  'schema.avsc': text('schema.avsc'),
});
const held: Contract = {
  ...{ read: contract!, text: text('contract.odcs.yaml') },
  contentHash: `sha256:${'0'.repeat(64)}`,
};

/** A record of a view: whose, which, and what is in it; null for a tombstone. */
export type ViewRecord = { person: string; record: string; value: Record<string, unknown> | null };

export const messageKey = ({ person, record }: Pick<ViewRecord, 'person' | 'record'>) =>
  keys.messageKey(person, record);

/** One view on a real broker, written as disclosure writes it, and the output ports on a database of their own. */
export async function portRig() {
  const stack = await sharedStack();
  const place = await testDatabase({ makesRoles: true });
  const opened = await openDatabase({ url: place.url, entities: [], migrations, poolSize: 8 });
  const id = `g${randomBytes(5).toString('hex')}`;
  const topic = names.viewTopic(id, PRODUCT, 1);
  const later = names.viewTopic(id, PRODUCT, 1, 2);
  const viewSchema = deriveViewSchema(schema!, contract!, id, [
    ...grantableFields(contract!),
    'birthDate',
  ]);
  const schemaId = await registerSchema(stack, names.subjectOf(topic), viewSchema);
  await registerSchema(stack, names.subjectOf(later), viewSchema);
  await createTopics(stack, [topic, later], { partitions: 2 });
  await allow(stack, 'svc-output-ports', [
    { on: of.TOPIC, name: 'share.', pattern: match.PREFIXED, operations: [can.READ] },
    { on: of.GROUP, name: 'mesh.output-ports.', pattern: match.PREFIXED, operations: [can.READ] },
  ]);
  const grant: Grant = {
    ...{ id, isActive: true, isSuspended: false, organisation: 'QUY', purpose: 'research' },
    ...{ requestedBy: 'user-analyst', endsAt: new Date(Date.now() + DAY) },
    views: [{ topic, product: PRODUCT, major: 1, schemaId }],
  };
  const url = new URL(place.url);
  const notes: string[] = [];
  const told: ToldUse[][] = [];
  const around = {
    pool: opened.pool,
    governance: {
      grant: () => Promise.resolve({ ...grant }),
      grantShownTo: () => Promise.resolve({ ...grant }),
      contractOf: () => Promise.resolve(held),
      approvedSchemas: () => Promise.resolve([{ schemaId, version: '1' }]),
      tellUse: (_: string, items: readonly ToldUse[]) =>
        Promise.resolve(void told.push([...items])),
    },
    registry: new SchemaRegistry(stack.registryUrl),
    connection: {
      ...{ brokers: stack.kafkaBrokers, clientId: 'svc-output-ports' },
      tokens: { token: () => clientToken(stack, 'svc-output-ports', 'mesh-kafka') },
    },
    place: { host: url.hostname, port: Number(url.port), database: place.name, sslMode: 'prefer' },
    snapshots: {
      folder: mkdtempSync(join(tmpdir(), 'caremesh-snapshots-')),
      ...{ everyMs: 3_600_000, soonestMs: 3_600_000 },
    },
    tombstonesKeptMs: 7 * DAY,
    ledger: (note: { action: string }) => Promise.resolve(void notes.push(note.action)),
    log: createLogger('spec', 'silent'),
  };
  const parts = compose(around);
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    ...{ clientId: 'spec', bootstrapBrokers: [stack.kafkaInternal.broker] },
    sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
  });
  const type = avroType(viewSchema);
  const blank = blankOf(viewSchema);
  let sequence = 0;
  return {
    ...{
      stack,
      place,
      pool: opened.pool,
      around,
      parts,
      grant,
      topic,
      type,
      schemaId,
      notes,
      told,
    },
    /** A second life of the service on the same database. */
    again: () => compose(around),
    async write(...records: ViewRecord[]): Promise<void> {
      const [view] = grant.views;
      const messages = records.map((one) => {
        sequence += 1;
        return {
          topic: view!.topic,
          key: Buffer.from(messageKey(one)),
          partition: keys.partitionOf(one.person, 2),
          headers: headersOf(sequence),
          ...(one.value && {
            value: withSchemaId(schemaId, type.toBuffer({ ...blank, ...one.value })),
          }),
        };
      });
      await producer.send({ messages });
    },
    /** The recipient's pseudonyms change: the grant has a view of the next generation from now on. */
    rename(): string {
      grant.views = [{ topic: later, product: PRODUCT, major: 1, schemaId }];
      return later;
    },
    /** A connection as a recipient makes it. */
    async signIn({ user, password }: { user: string; password: string }): Promise<pg.Client> {
      const client = new pg.Client({
        ...{ host: url.hostname, port: Number(url.port), database: place.name, user, password },
      });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    async close(): Promise<void> {
      await this.parts.watch.stop();
      for (const port of await parts.ports.all()) await parts.ports.close(port.grantId);
      await producer.close(true);
      await opened.close();
      await place.drop();
      const admin = brokerAdmin(stack);
      await admin.deleteTopics({ topics: [topic, later] });
      await admin.close();
      rmSync(around.snapshots.folder, { recursive: true });
    },
  };
}

/** A value for every field that has no default. */
function blankOf(viewSchema: object): Record<string, unknown> {
  const { fields } = viewSchema as { fields: { name: string; type: unknown; default?: unknown }[] };
  return Object.fromEntries(
    fields.map(({ name, type, default: given }) => {
      const isNumber = JSON.stringify(type).includes('long');
      return [name, given !== undefined ? given : isNumber ? 0 : 'x'];
    }),
  );
}

function headersOf(sequence: number): Map<Buffer, Buffer> {
  const entries = Object.entries({
    ...{ ce_id: `e${sequence}`, ce_sequence: `${sequence}`, ce_recordrevision: `${sequence}` },
    ce_time: new Date().toISOString(),
  });
  return new Map(entries.map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
}
