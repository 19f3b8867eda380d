import { setTimeout as sleep } from 'node:timers/promises';

import { avroType } from '@caremesh/contract';
import type { Logger } from '@caremesh/platform';
import type { Pool } from 'pg';
import { z } from 'zod';

import type { Domain } from '../define/domain.js';
import { topicOf } from '../define/subscription.js';
import type { KafkaConnection } from '../kafka/client.js';
import { SchemaRegistry } from '../registry/schema-registry.js';
import { Consumption } from '../subscribe/consumption.js';
import type { SubscriptionStatus } from '../subscribe/subscription.js';

/** All subscriptions of a domain are one consumer: one list of what is known, one topic of dead letters. */
const CONSUMER = 'reader';
const PATIENCE_MS = 5_000;

const approved = z.object({
  items: z.array(z.object({ schemaId: z.number().int(), version: z.string() })),
});

type Parts = {
  domain: Domain;
  pool: Pool;
  connection: KafkaConnection;
  registryUrl: string;
  governanceUrl: string;
  /** Tokens of audience mesh-api. */
  tokens: { token(): Promise<string> };
  domainKey: Uint8Array;
  log: Logger;
};

/**
 * What a domain reads of others. What it refuses is listed in the domain's own quarantine with topic, partition and
 * offset, and its bytes go to `<domain>.dead-letter.reader`. Without a grant it waits, and tries again.
 */
export class Consuming {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  #consumption: Consumption | null = null;
  #standing: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins to read, from the beginning what was never read. Starting twice changes nothing. */
  start(): void {
    const { domain, pool, connection, registryUrl, domainKey, log } = this.#parts;
    const { subscriptions = [] } = domain;
    if (this.#consumption || subscriptions.length === 0) return;
    this.#standing = this.#standDeadLetters();
    const consumption = new Consumption({
      domain: domain.name,
      consumer: CONSUMER,
      connection,
      pool,
      registry: new SchemaRegistry(registryUrl),
      approved: (topic) => this.#approved(topic),
      parseSchema: (text) => avroType(JSON.parse(text) as object),
      serviceKey: domainKey,
      log,
    });
    for (const one of subscriptions)
      consumption.follow({ topic: topicOf(one), handler: one.handle });
    this.#consumption = consumption;
  }

  /** How each subscription stands; one that has no grant yet waits for the right to read its topic. */
  status(): SubscriptionStatus[] {
    return this.#consumption?.status() ?? [];
  }

  /** Stops after the batches in hand. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#standing;
    await this.#consumption?.stop();
  }

  async #approved(topic: string): Promise<z.output<typeof approved>['items']> {
    const path = `/v1/approved-schemas?topic=${encodeURIComponent(topic)}`;
    return approved.parse(await this.#ask(path, {})).items;
  }

  /** A domain makes no topic itself: governance is asked until the one for dead letters is there. */
  async #standDeadLetters(): Promise<void> {
    const { signal } = this.#stopping;
    const body = JSON.stringify({ consumer: CONSUMER });
    for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 10_000)) {
      const stands = await this.#ask('/v1/dead-letters', { method: 'POST', body }).then(
        () => true,
        () => false,
      );
      if (stands) return;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(path: string, request: RequestInit): Promise<unknown> {
    const { governanceUrl, tokens } = this.#parts;
    const response = await fetch(`${governanceUrl}${path}`, {
      ...request,
      headers: {
        authorization: `Bearer ${await tokens.token()}`,
        'content-type': 'application/json',
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok) throw new Error(`Governance answered ${response.status}`);
    return response.json();
  }
}
