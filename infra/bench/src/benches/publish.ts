import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileChecks, avroType, headers, keys, parseVersion } from '@caremesh/contract';
import { readSecret, TokenSource } from '@caremesh/platform';
import { lives } from '@caremesh/synthetic';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { ROOT } from '../mesh/bench-mesh.js';
import { kafkaOf } from '../mesh/topics.js';
import { schemaOf, type Rig } from '../mesh/rig.js';
import { interleave, ratio } from '../measure/rounds.js';
import { line, type Result } from '../measure/report.js';
import { javaProducer } from '../peers/java-producer.js';
import { KafkajsPublisher, type Published } from '../peers/kafkajs-publisher.js';

const RECORDS = 100_000;
const BATCH = 500;
const SENDERS = 4;
const OURS = 'gp.bench-publish.v1';
const THEIRS = 'gp.bench-peer.v1';
const JAVA = 'gp.bench-java.v1';

/** What a record needs to be published: the content is what a mapping would have made. */
type Made = { person: string; record: string; content: Record<string, unknown> };
type Batch = { topic: string; partition: number; bodies: Buffer[] };
type Sender = {
  open(): Promise<void>;
  send(batches: Batch[]): Promise<void>;
  partitions(topic: string): Promise<number>;
  close(): Promise<void>;
};
type Writer = { body(envelope: object): Buffer };
type Path = {
  FencedProducer: new (connection: object, id: string) => Sender;
  EnvelopeWriter: new (
    product: string,
    major: number,
    registryUrl: string,
    schemaId: number,
  ) => Writer;
  personHash(person: string): number;
  encodeWire(id: number, type: unknown, record: unknown): Buffer;
};

/** Checks, Avro, every header, acks from all, no database: beside kafkajs without any check, and Kafka's own Java producer. */
export async function publish(rig: Rig): Promise<Result[]> {
  const records = recordsOf();
  for (const topic of [OURS, THEIRS]) await rig.topics.make(topic);
  // Its records have no key, and a compacted topic takes none without.
  await rig.topics.make(JAVA, 6, 'delete');
  const ours = await Ours.open(rig);
  const { id } = await schemaOf(rig.mesh, 'gp.medication-statement.v1-value');
  const peer = new KafkajsPublisher(kafkaOf(rig.mesh), rig.mesh.status.registry.url);
  await peer.connect();
  const published = records.map((made) => asPeer(made));
  const bytes = ours.sizeOf(records[0]!);
  const { address, user, password } = rig.mesh.broker;
  const classpath = join(ROOT, 'infra', 'local', 'target', 'kafka', '*');
  const [mine, theirs, java] = await interleave(
    [
      { name: 'caremesh', run: () => timed(rig, OURS, () => ours.publish(records)) },
      {
        name: 'kafkajs',
        run: () => timed(rig, THEIRS, () => peer.publish(THEIRS, id, published, BATCH)),
      },
      {
        name: 'java',
        run: () =>
          javaProducer({
            classpath,
            bootstrap: address,
            topic: JAVA,
            count: RECORDS,
            bytes,
            user,
            password,
          }),
      },
    ],
    rig.rounds,
  );
  await Promise.all([ours.close(), peer.close()]);
  const [kafkajs, native] = [ratio(mine!, theirs!), ratio(mine!, java!)];
  return [
    line(
      `Publishing with checks, Avro and ${Object.keys(headers.HEADERS).length} headers`,
      `${Math.round(mine!.median)} records/s`,
      '',
      null,
    ),
    line(
      `… against kafkajs + registry client, no checks (${Math.round(theirs!.median)}/s)`,
      `${kafkajs.toFixed(2)} x`,
      '2.0 x',
      kafkajs >= 2,
    ),
    line(
      `… against Java ProducerPerformance at ${bytes} bytes (${Math.round(java!.median)}/s)`,
      `${native.toFixed(2)} x`,
      '0.45 x',
      native >= 0.45,
    ),
  ];
}

async function timed(rig: Rig, topic: string, run: () => Promise<void>): Promise<number> {
  const from = await rig.topics.ends(topic);
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1000;
  const { records, distinct } = await rig.topics.readBack(topic, from);
  if (records !== RECORDS || distinct !== RECORDS)
    throw new Error(`${topic}: ${records} records, ${distinct} different, not ${RECORDS}`);
  return RECORDS / seconds;
}

/** The publish path of libs/product as its relay and committer call it, without their database. */
class Ours {
  private constructor(
    private readonly path: Path,
    private readonly writer: Writer,
    private readonly senders: Sender[],
    private readonly check: (record: Record<string, unknown>) => readonly unknown[],
    private readonly type: unknown,
    private readonly schemaId: number,
    private readonly partitions: number,
  ) {}

  static async open({ mesh }: Rig): Promise<Ours> {
    const path = await publishPath();
    const { id } = await schemaOf(mesh, 'gp.medication-statement.v1-value');
    const { contract, schema } = parseVersion(filesOf('schemas/gp/medication-statement/v1'));
    const tokens = new TokenSource({
      tokenUrl: mesh.status.identity.tokenUrl,
      clientId: 'domain-gp',
      clientSecret: readSecret(join(mesh.home, 'secrets', 'domain-gp')),
      audience: 'mesh-kafka',
    });
    const connection = {
      brokers: mesh.status.kafka.bootstrap.split(','),
      clientId: 'domain-gp',
      tokens,
    };
    const senders = Array.from(
      { length: SENDERS },
      (_, n) => new path.FencedProducer(connection, `relay.gp.bench-${n}`),
    );
    await Promise.all(senders.map((sender) => sender.open()));
    const writer = new path.EnvelopeWriter(
      'gp.medication-statement',
      1,
      mesh.status.registry.url,
      id,
    );
    return new Ours(
      path,
      writer,
      senders,
      compileChecks(contract!),
      avroType(schema!),
      id,
      await senders[0]!.partitions(OURS),
    );
  }

  async publish(records: readonly Made[]): Promise<void> {
    const lanes: Made[][] = Array.from({ length: SENDERS }, () => []);
    for (const made of records) lanes[this.path.personHash(made.person) % SENDERS]!.push(made);
    await Promise.all(lanes.map((lane, n) => this.#send(this.senders[n]!, lane)));
  }

  async #send(sender: Sender, lane: readonly Made[]): Promise<void> {
    for (let at = 0; at < lane.length; at += BATCH) {
      const batches = new Map<number, Batch>();
      for (const made of lane.slice(at, at + BATCH)) {
        const partition = this.path.personHash(made.person) % this.partitions;
        let batch = batches.get(partition);
        if (!batch) batches.set(partition, (batch = { topic: OURS, partition, bodies: [] }));
        batch.bodies.push(this.#body(made));
      }
      await sender.send([...batches.values()]);
    }
  }

  #body({ person, record, content }: Made): Buffer {
    if (this.check(content).length > 0)
      throw new Error('A record of the bench breaks its contract');
    return this.writer.body({
      key: `${person}.${record}`,
      value: this.path.encodeWire(this.schemaId, this.type, content),
      change: 'CREATED',
      eventId: record,
      publisherOds: 'A20047',
      time: '2026-11-22T09:00:00.000Z',
      recordedTime: '2026-11-22T09:00:00.000Z',
      sequence: 1,
      revision: 1,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
  }

  sizeOf(made: Made): number {
    return this.#body(made).length;
  }

  async close(): Promise<void> {
    await Promise.all(this.senders.map((sender) => sender.close()));
  }
}

/** Rooms behind the library's door: the bench times the very code that the relay and the committer run. */
async function publishPath(): Promise<Path> {
  const room = (file: string) =>
    import(pathToFileURL(join(ROOT, 'libs', 'product', 'dist', file)).href) as Promise<object>;
  const rooms = await Promise.all(
    ['kafka/fenced-producer.js', 'outbox/envelope.js', 'registry/wire.js'].map(room),
  );
  return Object.assign({}, ...rooms) as Path;
}

function filesOf(folder: string): Record<string, string> {
  const root = join(ROOT, folder);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(root, name)).isFile(),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

/** Medication records of synthetic people as the product's mapping makes them. */
function recordsOf(): Made[] {
  const secret = Buffer.alloc(32, 7);
  const example = JSON.parse(readFileSync(firstExample(), 'utf8')) as Record<string, unknown>;
  const type = avroType(parseVersion(filesOf('schemas/gp/medication-statement/v1')).schema!, {
    text: true,
  });
  const content = avroType(
    parseVersion(filesOf('schemas/gp/medication-statement/v1')).schema!,
  ).fromBuffer(type.toBuffer(example)) as Record<string, unknown>;
  const made: Made[] = [];
  for (const { person } of lives({ seed: 'publish', count: RECORDS / 4 })) {
    const who = keys.personKey(secret, { nhsNumber: person.nhsNumber });
    for (let n = 0; n < 4; n++) {
      const record = keys.recordKey(secret, 'gp.medication-statement', `${person.nhsNumber}-${n}`);
      made.push({
        person: who,
        record,
        content: { ...content, recordId: record, nhsNumber: person.nhsNumber },
      });
    }
  }
  return made;
}

function firstExample(): string {
  const folder = join(ROOT, 'schemas', 'gp', 'medication-statement', 'v1', 'examples');
  return join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()[0]!,
  );
}

function asPeer({ person, record, content }: Made): Published {
  const values = [
    '1.0',
    record,
    'urn:ods:A20047',
    'caremesh.gp.medication-statement.created.v1',
    '2026-11-22T09:00:00.000Z',
  ];
  const named = Object.values(headers.HEADERS).map(
    (name, n) => [name, values[n] ?? '2026-11-22T09:00:00.000Z'] as const,
  );
  return {
    key: `${person}.${record}`,
    value: content,
    headers: { ...Object.fromEntries(named), ce_id: record },
  };
}
