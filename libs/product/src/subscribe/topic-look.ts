import { randomUUID } from 'node:crypto';

import { headers as names } from '@caremesh/contract';
import { Admin, findErrorBy } from '@platformatic/kafka';

import { createFlatConsumer, kafkaOptions } from '../kafka/client.js';
import type { KafkaConnection } from '../kafka/client.js';
import type { FetchedRecord } from '../kafka/fetched-batch.js';
import type { FlatConsumer, FlatMessage, FlatStream } from '../kafka/flat-consumer.js';
import { HeaderNames } from '../kafka/record-headers.js';
import { UNKNOWN_REVISION } from './received.js';
import type { Envelope, RecordKey } from './received.js';

/** Offsets per partition. */
type Offsets = ReadonlyMap<number, bigint>;

type Told = { key: Pick<RecordKey, 'text'>; envelope: Pick<Envelope, 'revision'> };

/** What of a topic is looked through: from these offsets on, up to but without those. */
type Stretch = { topic: string; from: Offsets; until: Offsets };

const WORDS = new HeaderNames([names.HEADERS.recordRevision, names.HEADERS.type]);
/** `caremesh.gp.medication-statement.retracted.v1` */
const RETRACTED = /\.retracted\.v\d+$/;
/** A first word has the revision 1. */
const FIRST = 1;

/**
 * The last word of a stretch of a topic on each record: what came before it is not told any more. Kept is one number for
 * each record that was told more than once, some 120 bytes: 100 MB for a million of them, for as long as it is needed.
 */
export class LastWords {
  readonly #revisions = new Map<string, number>();
  readonly #ended = new Set<string>();

  /** One record of the stretch, in the order of its partition; `ends` if it says that there is none any more. */
  add(key: string, revision: number, ends: boolean): void {
    const before = this.#revisions.get(key) ?? FIRST;
    // A tombstone that says no revision ends what came before it, and nothing that comes after.
    const now =
      revision === UNKNOWN_REVISION ? Math.floor(before) + 0.5 : Math.max(before, revision);
    if (now === before) return;
    this.#revisions.set(key, now);
    if (ends) this.#ended.add(key);
    else this.#ended.delete(key);
  }

  /** True if the stretch says something later of the same record; of an end that says no revision, if the record is there again at last. */
  isSuperseded({ key, envelope: { revision } }: Told): boolean {
    if (revision === UNKNOWN_REVISION) return !this.#ended.has(key.text);
    return revision < (this.#revisions.get(key.text) ?? FIRST);
  }

  /** True if the stretch says later that there is no such record any more. */
  isEnded(record: Told): boolean {
    return this.#ended.has(record.key.text) && this.isSuperseded(record);
  }
}

/** How a consumer looks into its topics beside following them. */
export class TopicLook {
  readonly #connection: KafkaConnection;
  readonly #groups: string;

  /** Its consumer groups begin with `groups`; they commit nothing and are gone when the look is over. */
  constructor(connection: KafkaConnection, groups: string) {
    this.#connection = connection;
    this.#groups = groups;
  }

  /** Where each partition ends now. Throws what the client throws. */
  async ends(topic: string): Promise<Map<number, bigint>> {
    const consumer = this.#consumer();
    try {
      return await endsOf(consumer, topic);
    } finally {
      void consumer.close(true).catch(() => undefined);
    }
  }

  /**
   * Has a group of which nothing is committed begin at these offsets, whichever of its members reads where. Nobody joins for that: a
   * member that is killed then would keep its partitions from the others until its session has passed. A group that has
   * members was begun by who they are. Throws what the client throws.
   */
  async begin(groupId: string, topic: string, from: Offsets): Promise<void> {
    const partitionOffsets = [...from]
      .filter(([, offset]) => offset > 0n)
      .map(([partition, offset]) => ({ partition, offset }));
    if (partitionOffsets.length === 0) return;
    const admin = new Admin(kafkaOptions(this.#connection));
    try {
      if ((await committedIn(admin, groupId, topic, [...from.keys()])).size > 0) return;
      await admin.alterConsumerGroupOffsets({
        groupId,
        topics: [{ name: topic, partitionOffsets }],
      });
    } catch (error) {
      if (!(error instanceof Error) || !hasMembers(error)) throw error;
    } finally {
      void Promise.resolve(admin.close()).catch(() => undefined);
    }
  }

  /** How far a group has committed each of these partitions of a topic; none of which it committed nothing. Throws what the client throws. */
  async committed(
    groupId: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<Map<number, bigint>> {
    const admin = new Admin(kafkaOptions(this.#connection));
    try {
      return await committedIn(admin, groupId, topic, partitions);
    } finally {
      void Promise.resolve(admin.close()).catch(() => undefined);
    }
  }

  /**
   * Looks a stretch of a topic through for the last word on each record, without decoding any.
   * @throws what the client throws; and if `signal` is given
   */
  async lastWords(stretch: Stretch, signal: AbortSignal): Promise<LastWords> {
    const words = new LastWords();
    const open = new Map([...stretch.until].filter(([at, end]) => end > startOf(stretch, at)));
    if (open.size === 0) return words;
    const consumer = this.#consumer();
    try {
      const stream = await opened(consumer, stretch, open);
      const stop = () => stream.destroy(new Error('The look for last words was ended'));
      signal.addEventListener('abort', stop, { once: true });
      await readOut(stream, open, words);
      signal.removeEventListener('abort', stop);
      signal.throwIfAborted();
      return words;
    } finally {
      void consumer.close(true).catch(() => undefined);
    }
  }

  #consumer(): FlatConsumer {
    const groupId = `${this.#groups}.look.${randomUUID()}`;
    const consumer = createFlatConsumer(this.#connection, {
      groupId,
      autocommit: false,
      retries: 2,
    });
    consumer.on('error', () => undefined);
    return consumer;
  }
}

async function committedIn(
  admin: Admin,
  groupId: string,
  name: string,
  partitions: readonly number[],
): Promise<Map<number, bigint>> {
  const wanted = [{ groupId, topics: [{ name, partitionIndexes: [...partitions] }] }];
  const [group] = await admin.listConsumerGroupOffsets({ groups: wanted });
  const found = group?.topics.flatMap((topic) => topic.partitions) ?? [];
  return new Map(
    found
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
  );
}

const hasMembers = (error: Error): boolean =>
  ['UNKNOWN_MEMBER_ID', 'NON_EMPTY_GROUP'].some((id) => findErrorBy(error, 'apiId', id) !== null);

async function endsOf(consumer: FlatConsumer, topic: string): Promise<Map<number, bigint>> {
  const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
  return new Map(ends.map((end, partition) => [partition, end]));
}

/** A partition of which nothing is wanted is read from its end. */
async function opened(
  consumer: FlatConsumer,
  stretch: Stretch,
  open: Offsets,
): Promise<FlatStream> {
  const { topic } = stretch;
  const ends = await endsOf(consumer, topic);
  return consumer.consume({
    topics: [topic],
    mode: 'manual',
    offsets: [...ends].map(([partition, end]) => {
      const offset = open.has(partition) ? startOf(stretch, partition) : end;
      return { topic, partition, offset };
    }),
    maxWaitTime: 100,
    autocommit: false,
  });
}

/** Reads until every open partition is read to its end: up to its last record, or, where a transaction's marker is last, past it. */
async function readOut(
  stream: FlatStream,
  open: Map<number, bigint>,
  words: LastWords,
): Promise<void> {
  const ends = new Map(open);
  const something = signOf(stream);
  for (;;) {
    for (let message = read(stream); message !== null; message = read(stream)) {
      const { topic, partition, value } = message;
      const end = ends.get(partition) ?? 0n;
      for (let one = value.next(topic, partition); one !== null; one = value.next(topic, partition))
        if (one.offset < end) take(words, one);
    }
    for (const [place, offset] of stream.offsetsToFetch) {
      const partition = Number(place.slice(place.lastIndexOf(':') + 1));
      if (offset >= (open.get(partition) ?? offset + 1n)) open.delete(partition);
    }
    if (open.size === 0) return;
    if (stream.errored) throw stream.errored;
    if (stream.destroyed) throw new Error('the stream of records ended');
    if (stream.readableLength === 0) await something();
  }
}

/** Waits for the next sign that there may be more. Heard all the time: a stream that is listened to now and then stands still. */
function signOf(stream: FlatStream): () => Promise<void> {
  let wake: () => void = () => undefined;
  for (const event of ['readable', 'fetch', 'end', 'close', 'error'])
    (stream as NodeJS.EventEmitter).on(event, () => wake());
  return () =>
    new Promise((resolve) => {
      wake = resolve;
    });
}

function take(words: LastWords, { key, value, headers }: FetchedRecord): void {
  if (!key) return;
  const [revision = null, type = null] = WORDS.textsIn(headers);
  const ends = !value || value.length === 0 || RETRACTED.test(type ?? '');
  words.add(key.toString('utf8'), revision === null ? UNKNOWN_REVISION : Number(revision), ends);
}

const read = (stream: FlatStream): FlatMessage | null => stream.read() as FlatMessage | null;

const startOf = ({ from }: Stretch, partition: number): bigint => from.get(partition) ?? 0n;
