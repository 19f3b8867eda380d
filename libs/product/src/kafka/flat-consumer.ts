import {
  Consumer,
  createAPI,
  fetchV17,
  kGetApi,
  readKnownTaggedFields,
  ResponseError,
} from '@platformatic/kafka';
import type {
  API,
  Callback,
  CallbackWithPromise,
  ConsumerOptions,
  FetchOptions,
  Message,
  MessagesStream,
  Reader,
} from '@platformatic/kafka';

import { batchesIn, FetchedBatch } from './fetched-batch.js';

type Bytes = Buffer;
type Fetch = FetchOptions<Bytes, FetchedBatch, Bytes, Bytes>;
type FetchResponse = fetchV17.FetchResponse;
type Partition = fetchV17.FetchResponsePartition;

/** A message of the client is a whole batch of the broker's. */
export type FlatMessage = Message<Bytes, FetchedBatch, Bytes, Bytes>;
export type FlatStream = MessagesStream<Bytes, FetchedBatch, Bytes, Bytes>;
export type FlatOptions = ConsumerOptions<Bytes, FetchedBatch, Bytes, Bytes>;

/** When the broker answers a fetch: at so many bytes, and after so long also without them. */
export type Gathering = { bytes: number; ms: number };

/**
 * The client's consumer, its group and its stream, with the records of an answer left where they stand until they are asked for. The
 * client knows one way of gathering for all its fetches: here `gathering` is asked at each.
 */
export class FlatConsumer extends Consumer<Bytes, FetchedBatch, Bytes, Bytes> {
  readonly #gathering: (() => Gathering) | undefined;

  constructor(options: FlatOptions, gathering?: () => Gathering) {
    super(options);
    this.#gathering = gathering;
  }

  override fetch(options: Fetch, callback: CallbackWithPromise<FetchResponse>): void;
  override fetch(options: Fetch): Promise<FetchResponse>;
  override fetch(options: Fetch, callback?: Callback<FetchResponse>) {
    const paced = this.#paced(options);
    if (callback === undefined) return super.fetch(paced).then((said) => begun(said, options));
    return super.fetch(paced, (error, said) => callback(error, said && begun(said, options)));
  }

  override [kGetApi]<Asked extends unknown[], Said>(
    name: string,
    callback: Callback<API<Asked, Said>>,
  ): void {
    super[kGetApi]<Asked, Said>(name, (error, api) => {
      if (error || name !== 'Fetch') callback(error, api);
      else if (api?.version === FETCH.version) callback(null, FETCH as unknown as API<Asked, Said>);
      else callback(new Error('the broker is older than Kafka 3.9'));
    });
  }

  #paced(options: Fetch): Fetch {
    if (this.#gathering === undefined) return options;
    const { bytes, ms } = this.#gathering();
    // No less than is waited for: a broker that may not answer with so much waits for its time to pass.
    const maxBytes = Math.max(options.maxBytes ?? 0, bytes);
    return { ...options, minBytes: bytes, maxWaitTime: ms, maxBytes };
  }
}

/** The first batch of a partition may hold records from before the offset that was asked for. */
function begun(said: FetchResponse, { topics }: Fetch): FetchResponse {
  const from = new Map(
    topics.flatMap(({ topicId, partitions }) =>
      partitions.map(({ partition, fetchOffset }) => [`${topicId}:${partition}`, fetchOffset]),
    ),
  );
  for (const { topicId, partitions } of said.responses) {
    for (const { partitionIndex, records } of partitions) {
      const first = records?.[0]?.records[0]?.value as unknown;
      if (first instanceof FetchedBatch)
        first.beginAt(from.get(`${topicId}:${partitionIndex}`) ?? 0n);
    }
  }
  return said;
}

/** Kafka protocol guide, "Fetch API (Key: 1)", version 17: asked as the client asks, and read but for the records. */
const FETCH = createAPI<fetchV17.FetchRequest, FetchResponse>(
  fetchV17.api.key,
  fetchV17.api.version,
  fetchV17.createRequest,
  (_correlation, key, version, reader) => {
    const said = {
      throttleTimeMs: reader.readInt32(),
      errorCode: reader.readInt16(),
      sessionId: reader.readInt32(),
      responses: reader.readArray((topic) => ({
        topicId: topic.readUUID(),
        partitions: topic.readArray(partitionOf, true, false),
      })),
      nodeEndpoints: [],
    };
    readKnownTaggedFields(reader, {});
    const errors = errorsOf(said);
    if (errors.length > 0) throw new ResponseError(key, version, Object.fromEntries(errors), said);
    return said;
  },
);

function partitionOf(reader: Reader): Partition {
  const partition: Partition = {
    partitionIndex: reader.readInt32(),
    errorCode: reader.readInt16(),
    highWatermark: reader.readInt64(),
    lastStableOffset: reader.readInt64(),
    logStartOffset: reader.readInt64(),
    abortedTransactions: reader.readNullableArray((aborted) => ({
      producerId: aborted.readInt64(),
      firstOffset: aborted.readInt64(),
    })),
    preferredReadReplica: reader.readInt32(),
  };
  // Kafka's compact records: their length and one, or nothing for none.
  const size = reader.readUnsignedVarInt() - 1;
  partition.records = size < 0 ? null : [];
  if (size > 0) {
    const { buffer, position } = reader;
    partition.records = batchesIn(buffer.subarray(position, position + size).buffer);
    reader.skip(size);
  }
  readKnownTaggedFields(reader, {});
  return partition;
}

function errorsOf({ errorCode, responses }: FetchResponse): [string, [number, null]][] {
  const ofPartitions = responses.flatMap(({ partitions }, topic) =>
    partitions.map((one, at): [string, [number, null]] => [
      `/responses/${topic}/partitions/${at}`,
      [one.errorCode, null],
    ]),
  );
  return [['', [errorCode, null]] as [string, [number, null]], ...ofPartitions].filter(
    ([, [code]]) => code !== 0,
  );
}
