import { brokerSecurity, problem, ownTokens } from '@caremesh/platform';
import type { TokenSource } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Admin } from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import type { Admin as KafkaJsAdmin, KafkaConfig } from 'kafkajs';
import { governanceErrors } from '../errors.js';
import './quiet-queue.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

// Its error classes are no named exports to Node, which reads the module without running it.
const { Kafka: KafkaJs, KafkaJSAggregateError, KafkaJSProtocolError, logLevel } = kafkajs;

const PATIENCE_MS = 5_000;

/**
 * The broker, as `svc-governance`. Topics, access rules and groups go through kafkajs; a topic's settings
 * through @platformatic/kafka, because kafkajs replaces all settings of a topic where one is to be changed.
 */
@Injectable()
export class Kafka implements OnApplicationShutdown {
  readonly #settings: Settings;
  readonly #tokens: TokenSource;
  #admin: Promise<KafkaJsAdmin> | undefined;
  #configs: Admin | undefined;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.#settings = settings;
    this.#tokens = ownTokens(settings, 'mesh-kafka');
  }

  get #encrypted(): boolean {
    return brokerSecurity(this.#settings) === 'SASL_SSL';
  }

  /** How a kafkajs client signs in: also what the transport of governance events is given. */
  get clientConfig(): KafkaConfig {
    return {
      clientId: 'governance',
      brokers: this.#settings.kafkaBrokers,
      ssl: this.#encrypted,
      sasl: {
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({ value: await this.#tokens.token() }),
      },
      connectionTimeout: PATIENCE_MS,
      requestTimeout: PATIENCE_MS,
      // Whoever asks has a clock of its own and asks again.
      retry: { retries: 2, initialRetryTime: 200 },
      logLevel: logLevel.NOTHING,
    };
  }

  /** Runs `work` with the admin client. Throws MESH-3016 if the broker cannot be reached, MESH-3017 if it refuses. */
  async admin<T>(work: (admin: KafkaJsAdmin) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#connected());
    } catch (error) {
      await this.#forget();
      throw faultOf(error);
    }
  }

  /** Runs `work` with the client for topic settings. Throws as `admin` does. */
  async configs<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    this.#configs ??= new Admin({
      clientId: 'governance',
      bootstrapBrokers: this.#settings.kafkaBrokers,
      connectTimeout: PATIENCE_MS,
      timeout: PATIENCE_MS,
      retries: 2,
      sasl: { mechanism: 'OAUTHBEARER', token: () => this.#tokens.token() },
      ...(this.#encrypted ? { tls: {} } : {}),
    });
    try {
      return await work(this.#configs);
    } catch (error) {
      const failed = this.#configs;
      this.#configs = undefined;
      void Promise.resolve(failed.close()).catch(() => undefined);
      throw problem(governanceErrors.brokerUnavailable, wordsOf(error), [], error);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#forget();
    await this.#configs?.close();
  }

  #connected(): Promise<KafkaJsAdmin> {
    this.#admin ??= (async () => {
      const admin = new KafkaJs(this.clientConfig).admin();
      await admin.connect();
      return admin;
    })();
    return this.#admin;
  }

  async #forget(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((held) => held.disconnect()).catch(() => undefined);
  }
}

// Several topics refused at once come as one error that holds theirs.
function faultOf(error: unknown) {
  const first = error instanceof KafkaJSAggregateError ? error.errors[0] : error;
  const isVerdict = first instanceof KafkaJSProtocolError && !first.retriable;
  const entry = isVerdict ? governanceErrors.brokerRefused : governanceErrors.brokerUnavailable;
  return problem(entry, wordsOf(first), [], error);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'no reason given';
}
