import { names } from '@caremesh/contract';
import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { IsNull } from 'typeorm';
import { Kafka } from '../broker/kafka.js';
import { Store } from '../database/store.js';
import { LOGGER } from '../settings.js';
import { AvroEvents } from './avro-events.js';
import { OutboxEventEntity } from './outbox.entity.js';

const EVERY_MS = 250;
const NOTICES_EVERY_MS = 1_000;
const BATCH = 100;
/** What the mesh is still to be told. */
const WAITING = { sentAt: IsNull(), topic: IsNull() };

/**
 * Tells what has committed, in the order it was written, through Nest's Kafka transport with one send in
 * flight (with more, kafkajs loses acknowledged messages when answers are dropped). An event may be told
 * twice after a crash; its id is the same. What recipients are told goes by itself, topic by topic: one that
 * cannot be written keeps nobody else waiting.
 */
@Injectable()
export class Teller implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #client: ClientKafka;
  readonly #works: Repeated[];

  constructor(store: Store, kafka: Kafka, events: AvroEvents, @Inject(LOGGER) log: Logger) {
    this.#store = store;
    this.#client = new ClientKafka({
      client: kafka.clientConfig,
      producerOnlyMode: true,
      producer: { maxInFlightRequests: 1, allowAutoTopicCreation: false },
      send: { acks: -1 },
      serializer: events,
    });
    const run = () => this.#tell();
    const notices = {
      name: 'notices',
      everyMs: NOTICES_EVERY_MS,
      run: () => this.#tellRecipients(),
    };
    this.#works = [
      new Repeated({ name: 'teller', everyMs: EVERY_MS, log, run }),
      new Repeated({ ...notices, log }),
    ];
  }

  onApplicationBootstrap(): void {
    for (const work of this.#works) work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#works.map((work) => work.stop()));
    await this.#client.close();
  }

  async #tell(): Promise<void> {
    const tell = async () => {
      for (const event of await this.#waiting())
        await this.#send(names.GOVERNANCE_EVENTS_TOPIC, event);
    };
    const isDue = () => this.#store.reader.existsBy(OutboxEventEntity, WAITING);
    await this.#store.exclusively('teller', tell, isDue);
  }

  async #tellRecipients(): Promise<void> {
    const tell = async () => {
      const failures: unknown[] = [];
      const held = new Set<string>();
      for (let events = await this.#notices(); events.length > 0;) {
        for (const event of events) {
          const topic = event.topic!;
          // What comes after one that failed waits with it: a recipient is told in order.
          if (held.has(topic)) continue;
          await this.#send(topic, event).catch((error: unknown) => {
            held.add(topic);
            failures.push(error);
          });
        }
        // However many wait for a topic that takes none: the others' go.
        events = await this.#notices([...held]);
      }
      if (failures.length > 0) throw failures[0];
    };
    await this.#store.exclusively('notices', tell, async () => (await this.#notices()).length > 0);
  }

  async #send(topic: string, event: OutboxEventEntity): Promise<void> {
    await lastValueFrom(this.#client.emit(topic, event));
    await this.#store.reader.update(OutboxEventEntity, { id: event.id }, { sentAt: new Date() });
  }

  #waiting(): Promise<OutboxEventEntity[]> {
    return this.#store.reader.find(OutboxEventEntity, {
      where: WAITING,
      order: { id: 'ASC' },
      take: BATCH,
    });
  }

  // Of a grant that is suspended they wait until it is active again; of one that ended nobody reads them.
  #notices(held: readonly string[] = []): Promise<OutboxEventEntity[]> {
    return this.#store.reader
      .createQueryBuilder(OutboxEventEntity, 'event')
      .where('event.sentAt IS NULL AND event.topic IS NOT NULL')
      .andWhere('event.topic <> ALL(:held)', { held })
      .andWhere(
        `EXISTS (SELECT FROM access_grant g WHERE 'grant:' || g.id = event.subject AND g.state = 'active')`,
      )
      .orderBy('event.id', 'ASC')
      .take(BATCH)
      .getMany();
  }
}
