import { deriveViewSchema, names, renamingsSchema, withdrawalsSchema } from '@caremesh/contract';
import { createLogger, openDatabase } from '@caremesh/platform';
import { SchemaRegistry } from '@caremesh/product';
import {
  allow,
  can,
  clientToken,
  createTopics,
  enableDomain,
  match,
  of,
  registerSchema,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import { NestFactory } from '@nestjs/core';
import { Producer } from '@platformatic/kafka';

import type { Mailboxes } from '../check-service/mailboxes.js';
import { compose, migrations } from '../disclosure.module.js';
import type { Surroundings } from '../disclosure.module.js';
import type { GrantedView } from '../grants/governance.js';
import { SECONDARY_USE } from '../part.js';
import type { Part } from '../part.js';
import { message, versions } from './publisher.js';
import type { Person, Product, Sending } from './publisher.js';
import { readView } from './reader.js';

export type Rig = Awaited<ReturnType<typeof disclosureRig>>;
type Tuning = Partial<
  Pick<
    Surroundings,
    | 'listMaxAgeMs'
    | 'withdrawalsEveryMs'
    | 'pace'
    | 'wrapping'
    | 'sensitive'
    | 'lanesHere'
    | 'viewsTogether'
    | 'absenceNotedEveryMs'
  >
>;

/**
 * One product's edition that the part reads, a publisher of it, and the disclosure service on a broker and database of its own.
 * `major` is one of the spec's own: specs share one broker, and another may have left records in the first one's edition.
 */
export async function disclosureRig(
  mailboxes: Mailboxes,
  tuning: Tuning = {},
  major = 7,
  part: Part = SECONDARY_USE,
  product: Product = 'gp.medication-statement',
) {
  const principal = `svc-${part.name}`;
  const edition = part.editionOf(product, major);
  const { stack, place, opened, ids } = await surroundings(edition, part.name, product);
  const { schema } = versions[product]!;
  const granted: GrantedView[] = [];
  /** Topics in which a grant is told of its views: generations after the first share one. */
  const telling = new Set<string>();
  const tokenOf = (client: string) => () => clientToken(stack, client, 'mesh-kafka');
  const options = (client: string) => ({
    ...{ clientId: client, bootstrapBrokers: stack.kafkaBrokers },
    sasl: { mechanism: 'OAUTHBEARER' as const, token: tokenOf(client) },
  });
  const begun = async (
    sensitive: Surroundings['sensitive'],
    lanesHere: Surroundings['lanesHere'] = tuning.lanesHere,
  ) => {
    const made = compose({
      ...{ part, pool: opened.pool, databaseUrl: place.url },
      governance: {
        activeViews: () => Promise.resolve([...granted]),
        approvedSchemas: () => Promise.resolve([{ schemaId: ids[product]!, version: '1.0.0' }]),
        showsGrantTo: () => Promise.resolve(true),
        contractOf: (of) => Promise.resolve(versions[of]!.contract!),
      },
      registry: new SchemaRegistry(stack.registryUrl),
      connection: {
        ...{ brokers: stack.kafkaBrokers, clientId: principal },
        tokens: { token: tokenOf(principal) },
      },
      ...{ serviceKey: Buffer.alloc(32, 5), mailboxes, log: createLogger('spec', 'silent') },
      pace: tuning.pace ?? { refreshMs: 3_600_000, againMs: 0, answerMs: 60_000 },
      ...(sensitive && { sensitive }),
      ...(lanesHere && { lanesHere }),
      ...(tuning.viewsTogether && { viewsTogether: tuning.viewsTogether }),
      ...(tuning.absenceNotedEveryMs !== undefined && {
        absenceNotedEveryMs: tuning.absenceNotedEveryMs,
      }),
      ...(tuning.wrapping && { wrapping: tuning.wrapping }),
      listMaxAgeMs: tuning.listMaxAgeMs ?? 3_600_000,
      withdrawalsEveryMs: tuning.withdrawalsEveryMs ?? 1,
      tombstonesKeptMs: 7 * 86_400_000,
    });
    const service = await NestFactory.createMicroservice(made.module, {
      strategy: made.transport,
      logger: false,
    });
    await service.listen();
    made.relay.start();
    const end = async () => {
      await service.close();
      await made.relay.stop();
    };
    return { parts: made, end };
  };
  let running = await begun(tuning.sensitive);
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>(
    options(`domain-${product.split('.')[0]}`),
  );

  return {
    get parts() {
      return running.parts;
    },
    ...{ stack, pool: opened.pool, databaseUrl: place.url, granted, ids },
    /** Grants a view as governance does: schemas derived and registered, topics made. */
    async grant(
      id: string,
      terms: Partial<GrantedView> = {},
      configs: Record<string, string> = { 'cleanup.policy': 'compact' },
    ): Promise<GrantedView> {
      const { keyGeneration = 1 } = terms;
      const topic = names.viewTopic(id, product, major, keyGeneration);
      const own = names.withdrawalsTopic(id);
      const { contract } = versions[product]!;
      const derived =
        part === SECONDARY_USE ? deriveViewSchema(schema!, contract!, id, ['all']) : schema!;
      const schemaId = await registerSchema(stack, names.subjectOf(topic), derived);
      await registerSchema(stack, names.subjectOf(own), withdrawalsSchema(id));
      const renamings = names.subjectOf(names.renamingsTopic(id));
      if (keyGeneration > 1) await registerSchema(stack, renamings, renamingsSchema(id));
      await createTopics(stack, [topic], { partitions: 1, configs });
      const told = keyGeneration === 1 ? own : names.renamingsTopic(id);
      const forgetting = { partitions: 1, configs: { 'cleanup.policy': 'delete' } };
      if (!telling.has(told)) await createTopics(stack, [told], forgetting);
      telling.add(told);
      const view: GrantedView = {
        ...{ topic, grantId: id, product, major, schemaId },
        recipient: { organisation: 'QUY', purpose: 'research' },
        ...{ commonLaw: 's251', exemption: null, erase: false, ...terms },
      };
      granted.push(view);
      await running.parts.watch.look();
      return view;
    },
    /** Publishes record `n` of somebody, as the publisher's relay does. */
    async publish(...records: [n: number, one: Person, sent?: number | Sending][]): Promise<void> {
      const messages = records.map(([n, one, sent = 1]) => ({
        ...message(ids, product, n, one, typeof sent === 'number' ? { revision: sent } : sent),
        topic: edition,
      }));
      await producer.send({ messages });
    },
    read: (view: { topic: string; schemaId: number }, atLeast: number) =>
      readView(options(principal), stack.registryUrl, view, atLeast),
    /** One look of everything that goes on beside the records. */
    async look(): Promise<void> {
      await running.parts.exchange.look();
      await running.parts.sweep.look();
      await running.parts.watch.look();
    },
    /** Another reads beside the first, on the same database. */
    beside: (lanesHere: Surroundings['lanesHere']) => begun(tuning.sensitive, lanesHere),
    /** Another process takes up, with this list of codes; `meanwhile` none runs. */
    async restart(
      sensitive: Surroundings['sensitive'],
      meanwhile: () => Promise<void> = () => Promise.resolve(),
    ): Promise<void> {
      await running.end();
      await meanwhile();
      running = await begun(sensitive);
    },
    async close(): Promise<void> {
      await running.end();
      await producer.close(true);
      await opened.close();
      await place.drop();
    },
  };
}

/** A database, the topics, the schema and the rights of publisher and service. */
async function surroundings(edition: string, part: Part['name'], product: Product) {
  const domain = product.split('.')[0]!;
  const stack = await sharedStack();
  const place = await testDatabase();
  const opened = await openDatabase({ url: place.url, entities: [], migrations, poolSize: 24 });
  await enableDomain(stack, domain);
  await allow(stack, `domain-${domain}`, [
    {
      on: of.TOPIC,
      name: `${domain}.`,
      pattern: match.PREFIXED,
      operations: [can.WRITE, can.DESCRIBE],
    },
  ]);
  await allow(stack, `svc-${part}`, rules(edition, part));
  await createTopics(stack, [edition]);
  // Another spec may have made it.
  await createTopics(stack, [`mesh.dead-letter.${part}`]).catch(() => undefined);
  const schema = versions[product]!.schema!;
  const ids = { [product]: await registerSchema(stack, names.subjectOf(edition), schema) };
  return { stack, place, opened, ids };
}

const rules = (edition: string, part: Part['name']) => [
  {
    ...{ on: of.TOPIC, name: edition, pattern: match.LITERAL },
    operations: [can.READ, can.DESCRIBE],
  },
  { on: of.TOPIC, name: 'share.', pattern: match.PREFIXED, operations: [can.WRITE, can.READ] },
  {
    ...{ on: of.TOPIC, name: `mesh.dead-letter.${part}`, pattern: match.LITERAL },
    operations: [can.WRITE, can.READ],
  },
  { on: of.GROUP, name: `mesh.${part}.`, pattern: match.PREFIXED, operations: [can.READ] },
  {
    ...{ on: of.TRANSACTIONAL_ID, name: `relay.${part}.`, pattern: match.PREFIXED },
    operations: [can.WRITE, can.DESCRIBE],
  },
];
