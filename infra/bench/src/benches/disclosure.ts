import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { avroType, headers as ce, keys } from '@caremesh/contract';
import { readKey, Seal, withSchemaId } from '@caremesh/product';
import { Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka';
import pg from 'pg';
import { residentMb } from '../measure/memory.js';
import { line, type Result } from '../measure/report.js';
import { interleave, ratio } from '../measure/rounds.js';
import { ROOT } from '../mesh/bench-mesh.js';
import { schemaOf, type Rig } from '../mesh/rig.js';
import { connection, type Ends } from '../mesh/topics.js';
import { manyViews } from './many-views.js';

const PRODUCT = 'gp.medication-statement';
const EDITION = `${PRODUCT}.secondary.v1`;
const COPY = 'gp.bench-copy.v1';
const PEOPLE = 25_000;
const RECORDS = 4 * PEOPLE;
const LISTED = 1_000_000;
const BATCH = 1_000;
const IN_FLIGHT = 3;
const PARTITIONS = 6;
const PATIENCE_MS = 300_000;
const DOMAIN_KEY = Buffer.alloc(32, 9);
const TARGET = { ratio: 0.7, perSecond: 25_000 };
/** A backlog so many times as long, and how much more memory it may take to work it off. */
const LONGER = 4;
const FLAT = 1.15;
const LOOK_MS = 50;

type People = { nhsNumberOf(number: number): string };
type Lists = new (parts: object) => {
  accept(
    client: pg.Client,
    organisation: string,
    list: { listed: Uint32Array; asked: Uint32Array },
  ): Promise<void>;
};
type Message = { key: Buffer; value: Buffer; partition: number; headers: Map<Buffer, Buffer> };

/** Many views of one product, and the rate of one view beside a bare copy of the same records. */
export async function disclosure(rig: Rig): Promise<Result[]> {
  // First, while the edition is short: each new view is filled with all of it.
  const views = await manyViews(rig);
  return [...views, ...(await oneView(rig))];
}

/**
 * One view of the demonstration, which the national data opt-out applies to, with a million people on the list; beside
 * decoding and encoding again and nothing else, through the same client.
 */
async function oneView(rig: Rig): Promise<Result[]> {
  const view = await viewOf(rig);
  const numbers = await peopleOf();
  const source = await schemaOf(rig.mesh, `${EDITION}-value`);
  const made = await schemaOf(rig.mesh, `${view.topic}-value`);
  await rig.topics.make(COPY);
  const publish = publisherOf(rig, source, numbers);
  await publish.revision(1);
  await settled(rig, view.topic);
  await listAMillion(rig, view.organisation, numbers);
  let revision = 1;
  let from: Ends = [];
  const [ours, copy] = await interleave(
    [
      {
        name: 'caremesh',
        run: async () => {
          from = await rig.topics.ends(EDITION);
          return disclosed(rig, view.topic, () => publish.revision(++revision));
        },
      },
      { name: 'copy', run: () => copied(rig, from, source.schema, made) },
    ],
    rig.rounds,
  );
  const memory = await memoryOf(rig, view.topic, () => publish.revision(++revision));
  await publish.close();
  const against = ratio(ours!, copy!);
  return [
    line(
      `One view with ${LISTED} people on the list`,
      `${Math.round(ours!.median)} records/s`,
      `${TARGET.perSecond} records/s`,
      ours!.median >= TARGET.perSecond,
    ),
    line(
      `… against decoding and encoding alone (${Math.round(copy!.median)}/s)`,
      `${against.toFixed(2)} x`,
      `${TARGET.ratio} x`,
      against >= TARGET.ratio,
    ),
    memory,
  ];
}

/** The most memory of the service while it works off what was published once, and while it works off several times as much. */
async function memoryOf(rig: Rig, topic: string, publish: () => Promise<void>): Promise<Result> {
  const peaks: number[] = [];
  for (const times of [1, LONGER]) {
    const peak = watchedMemory(pidOf(rig));
    await disclosed(rig, topic, publish, times);
    peaks.push(peak.stop());
  }
  const [short, long] = peaks as [number, number];
  return line(
    `Most memory of the service with ${LONGER * RECORDS} records to read (${short} MB with ${RECORDS})`,
    `${long} MB, ${(long / short).toFixed(2)} x`,
    `${FLAT} x`,
    long <= FLAT * short,
  );
}

function watchedMemory(pid: number): { stop(): number } {
  let most = 0;
  const look = () => {
    most = Math.max(most, residentMb(pid));
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

function pidOf(rig: Rig): number {
  const pid = rig.mesh.status.components.find(({ name }) => name === 'disclosure')?.pid;
  if (!pid) throw new Error('The disclosure service has no process');
  return pid;
}

async function viewOf({ mesh }: Rig): Promise<{ topic: string; organisation: string }> {
  const asked = ['grant', 'list', '--product', PRODUCT, '--state', 'active', '--kind', 'view'];
  const answer = await mesh.command(...asked, '--as', 'analyst', '-o', 'json');
  type Grants = { items: { organisation: string; topics: { topic: string }[] }[] };
  const [grant] = (JSON.parse(answer) as Grants).items;
  const topic = grant?.topics[0]?.topic;
  if (grant === undefined || topic === undefined) throw new Error('There is no view');
  return { topic, organisation: grant.organisation };
}

const roomOf = (file: string) =>
  import(pathToFileURL(join(ROOT, 'apps', 'disclosure', 'dist', file)).href) as Promise<object>;

async function peopleOf(): Promise<number[]> {
  const { nhsNumberOf } = (await roomOf('choices/people.js')) as People;
  const found: number[] = [];
  for (let body = 910_000_000; found.length < PEOPLE; body++)
    if (nhsNumberOf(body).length === 10) found.push(body);
  return found;
}

/** A list as the check service would have cleaned it: everybody of the bench, and others up to a million. */
async function listAMillion({ mesh }: Rig, organisation: string, numbers: number[]) {
  const { Lists } = (await roomOf('choices/lists.js')) as { Lists: Lists };
  const url = new URL(mesh.databaseUrl);
  url.pathname = '/mesh_disclosure';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const others = Array.from({ length: LISTED - numbers.length }, (_, n) => 920_000_000 + n);
  const seal = new Seal(readKey(join(mesh.home, 'keys', 'disclosure.key')));
  const lists = new Lists({ pool: client, seal, maxAgeMs: 86_400_000 });
  const everybody = Uint32Array.from([...numbers, ...others]);
  await lists.accept(client, organisation, { listed: everybody, asked: everybody });
  await lookedThrough(client);
  await client.end();
}

/** Until whoever left the list is withdrawn, and views were read again for those who came onto it: that is not what is timed. */
async function lookedThrough(client: pg.Client): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await client.query<{ calm: boolean }>(
      `SELECT NOT EXISTS (SELECT FROM check_list WHERE NOT swept)
          AND NOT EXISTS (SELECT FROM view_backfill b JOIN view ON id = view_id WHERE active AND NOT done)
          AND NOT EXISTS (SELECT FROM view_terms JOIN view ON id = view_id WHERE active AND (refill OR catch_up)) AS calm`,
    );
    if (rows[0]!.calm) return;
    if (performance.now() > deadline) throw new Error('The list was not looked through in time');
    await sleep(500);
  }
}

/** Publishes every record of the bench once more, as the publisher's relay does. */
function publisherOf(rig: Rig, source: { id: number; schema: string }, numbers: readonly number[]) {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    ...{ clientId: 'bench', ...connection(rig.mesh) },
  });
  const type = avroType(JSON.parse(source.schema) as object);
  return {
    async revision(revision: number): Promise<void> {
      const { nhsNumberOf } = (await roomOf('choices/people.js')) as People;
      for (let at = 0; at < numbers.length; at += BATCH / 4) {
        const some = numbers.slice(at, at + BATCH / 4);
        const messages = some.flatMap((number) => recordsOf(nhsNumberOf(number), revision));
        await producer.send({
          acks: -1,
          messages: messages.map(({ value, ...one }) => ({
            ...{ ...one, topic: EDITION, value: withSchemaId(source.id, type.toBuffer(value)) },
          })),
        });
      }
    },
    close: () => producer.close(true),
  };
}

function recordsOf(nhsNumber: string, revision: number) {
  const person = keys.personKey(DOMAIN_KEY, { nhsNumber });
  return Array.from({ length: 4 }, (_, n) => {
    const recordId = keys.recordKey(DOMAIN_KEY, PRODUCT, `${nhsNumber}-${n}`);
    const value = {
      ...{ recordId, nhsNumber, nhsNumberStatus: '01', publisherOds: 'A20047' },
      ...{ localPatientId: null, localPatientIdIssuer: null, survivorKey: null },
      ...{ recordedAt: Date.now(), sourceSystemUpdatedAt: Date.now(), changeType: 'UPDATED' },
      ...{ medicationCode: '39113611000001102', status: 'active', postcode: 'LS1 4AP' },
    };
    const id = keys.eventId(DOMAIN_KEY, 'bench', recordId, PRODUCT, revision);
    const entries: [string, string][] = [
      [ce.HEADERS.id, id],
      [ce.HEADERS.source, 'urn:ods:A20047'],
      [ce.HEADERS.type, ce.ceType(PRODUCT, 'UPDATED', 1)],
      [ce.HEADERS.time, new Date().toISOString()],
      [ce.HEADERS.sequence, String(4 * revision + n)],
      [ce.HEADERS.recordRevision, String(revision)],
    ];
    return {
      key: Buffer.from(keys.messageKey(person, recordId)),
      partition: keys.partitionOf(person, PARTITIONS),
      headers: new Map(entries.map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      value,
    };
  });
}

/** Until the list has come that knows the people of the bench, and the view has all their records. */
async function settled(rig: Rig, topic: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let before = -1;
  for (let still = 0; still < 10; await sleep(1_000)) {
    if (performance.now() > deadline) throw new Error('The view never had everybody');
    const ends = await rig.topics.ends(topic);
    const now = ends.reduce((sum, end) => sum + Number(end), 0);
    still = now === before && now >= RECORDS ? still + 1 : 0;
    before = now;
  }
}

/**
 * Records a second of the running service: it is held while they are published, so that they lie ready as for the copy, and
 * the first tenth does not count, in which it takes up reading again.
 */
async function disclosed(
  rig: Rig,
  topic: string,
  publish: () => Promise<void>,
  times = 1,
): Promise<number> {
  const pid = pidOf(rig);
  const from = await rig.topics.ends(topic);
  process.kill(pid, 'SIGSTOP');
  try {
    for (let n = 0; n < times; n++) await publish();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const records = times * RECORDS;
  const began = await rig.topics.grown(topic, from, records / 10, PATIENCE_MS);
  const done = await rig.topics.grown(topic, from, records, PATIENCE_MS);
  return ((records * 9) / 10 / (done - began)) * 1_000;
}

/** The same records decoded, encoded under the view's schema, and sent. */
async function copied(
  rig: Rig,
  from: Ends,
  source: string,
  made: { id: number; schema: string },
): Promise<number> {
  const [reads, writes] = [source, made.schema].map((text) => avroType(JSON.parse(text) as object));
  const settings = { clientId: 'bench', ...connection(rig.mesh) };
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>(settings);
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...{ ...settings, groupId: `bench-copy-${Date.now()}`, autocommit: false },
  });
  const stream = await consumer.consume({
    ...{ topics: [EDITION], mode: MessagesStreamModes.MANUAL, maxWaitTime: 100 },
    offsets: from.map((offset, partition) => ({ topic: EDITION, partition, offset })),
  });
  const flying = new Set<Promise<unknown>>();
  let batch: Message[] = [];
  const send = async () => {
    if (flying.size >= IN_FLIGHT) await Promise.race(flying);
    const sent = producer.send({
      ...{ acks: -1, messages: batch.map((one) => ({ ...one, topic: COPY })) },
    });
    flying.add(sent);
    void sent.finally(() => flying.delete(sent));
    batch = [];
  };
  const began = performance.now();
  let read = 0;
  for await (const { key, value, headers, partition } of stream) {
    const record = reads!.fromBuffer(value.subarray(5)) as object;
    const person = key.toString('utf8', 0, 26);
    const encoded = withSchemaId(made.id, writes!.toBuffer({ ...record, person }));
    batch.push({ key, value: encoded, partition, headers: new Map(headers) });
    if (batch.length === BATCH) await send();
    if (++read === RECORDS) break;
  }
  if (batch.length > 0) await send();
  await Promise.all(flying);
  const seconds = (performance.now() - began) / 1_000;
  await Promise.all([consumer.close(true), producer.close(true)]);
  return RECORDS / seconds;
}
