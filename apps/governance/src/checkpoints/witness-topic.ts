import { join } from 'node:path';
import { Repeated, TokenSource, readSecret } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import kafkajs from 'kafkajs';
import type { KafkaConfig, Producer } from 'kafkajs';
import { LEDGER_CHECKPOINTS } from '../broker/access-rules.js';
import { Kafka } from '../broker/kafka.js';
import { Store } from '../database/store.js';
import { LOGGER, SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import type { Checkpoint } from './checkpoint.js';
import { Checkpoints } from './checkpoints.js';

const EVERY_MS = 500;
const NAME = 'topic';

/**
 * Tells the witness topic every checkpoint, as the sealer's own principal: governance itself may not write
 * there. One instance at a time, one send in flight; after a crash a checkpoint may be told twice.
 */
@Injectable()
export class WitnessTopic implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #checkpoints: Checkpoints;
  readonly #kafka: Kafka;
  readonly #settings: Settings;
  readonly #work: Repeated;
  #producer: Promise<Producer> | undefined;

  constructor(
    store: Store,
    checkpoints: Checkpoints,
    kafka: Kafka,
    @Inject(SETTINGS) settings: Settings,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#store = store;
    this.#checkpoints = checkpoints;
    this.#kafka = kafka;
    this.#settings = settings;
    const run = () => this.#tell();
    this.#work = new Repeated({ name: 'checkpoint-witness', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
    await this.#forget();
  }

  async #tell(): Promise<void> {
    const untold = async () => this.#checkpoints.after(await this.#told());
    const tell = async () => {
      for (;;) {
        const found = await untold();
        if (found.length === 0) return;
        await this.#send(found);
        await this.#keep(found.at(-1)?.size ?? 0);
      }
    };
    const isDue = async () => (await untold()).length > 0;
    await this.#store.exclusively('ledger.witness-topic', tell, isDue);
  }

  async #told(): Promise<number> {
    const [row] = await this.#store.reader.query<{ size: string }[]>(
      'SELECT size FROM ledger_witness WHERE witness = $1',
      [NAME],
    );
    return Number(row?.size ?? 0);
  }

  async #keep(size: number): Promise<void> {
    await this.#store.reader.query(
      `INSERT INTO ledger_witness (witness, size) VALUES ($1, $2)
       ON CONFLICT (witness) DO UPDATE SET size = excluded.size`,
      [NAME, size],
    );
  }

  async #send(checkpoints: readonly Checkpoint[]): Promise<void> {
    try {
      const producer = await this.#connected();
      const messages = checkpoints.map((one) => ({ key: one.origin, value: JSON.stringify(one) }));
      await producer.send({ topic: LEDGER_CHECKPOINTS, acks: -1, messages });
    } catch (error) {
      await this.#forget();
      throw error;
    }
  }

  #connected(): Promise<Producer> {
    this.#producer ??= (async () => {
      const client = new kafkajs.Kafka(this.#clientConfig());
      const producer = client.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false });
      await producer.connect();
      return producer;
    })();
    return this.#producer;
  }

  // Governance's own connection with another name and other credentials.
  #clientConfig(): KafkaConfig {
    const { oidcIssuer: issuer, home, sealerClientId: clientId } = this.#settings;
    const file = this.#settings.sealerClientSecretFile ?? join(home, 'secrets', clientId);
    const clientSecret = readSecret(file);
    const tokens = new TokenSource({ issuer, clientId, clientSecret, audience: 'mesh-kafka' });
    const oauthBearerProvider = async () => ({ value: await tokens.token() });
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider } as const;
    return { ...this.#kafka.clientConfig, clientId: 'ledger-sealer', sasl };
  }

  async #forget(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.then((held) => held.disconnect()).catch(() => undefined);
  }
}
