import { setTimeout as sleep } from 'node:timers/promises';

import { avroType } from '@caremesh/contract';
import type { Logger, Peer } from '@caremesh/platform';
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

const approved = z.object({
  items: z.array(z.object({ schemaId: z.number().int(), version: z.string() })),
});

type Parts = {
  domain: Domain;
  pool: Pool;
  connection: KafkaConnection;
  registryUrl: string;
  governance: Peer;
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
    return (await this.#parts.governance.ask(path, { shape: approved })).items;
  }

  /** A domain makes no topic itself: governance is asked until the one for dead letters is there. */
  async #standDeadLetters(): Promise<void> {
    const { governance } = this.#parts;
    const { signal } = this.#stopping;
    const question = { json: { consumer: CONSUMER }, shape: z.unknown() };
    for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 10_000)) {
      const stands = await governance.ask('/v1/dead-letters', question).then(
        () => true,
        () => false,
      );
      if (stands) return;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}
