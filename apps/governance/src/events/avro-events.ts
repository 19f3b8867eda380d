import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { names } from '@caremesh/contract';
import { Inject, Injectable } from '@nestjs/common';
import type { Serializer } from '@nestjs/microservices';
import { Registry } from '../registry/registry.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import type { OutboxEventEntity } from './outbox.entity.js';

const SCHEMA = ['mesh', 'governance-events', 'v1', 'schema.avsc'];

/** A message as kafkajs sends it. */
type Message = { key: string; value: Buffer; headers: Record<string, string> };

/**
 * Governance events on the wire: Avro in the Confluent format, under the schema of `schemas/mesh`. The
 * serializer that Nest's Kafka transport is given.
 */
@Injectable()
export class AvroEvents implements Serializer<OutboxEventEntity, Promise<Message>> {
  readonly #settings: Settings;
  readonly #registry: Registry;
  readonly #codec: SchemaRegistry;
  #schemaId: Promise<number> | undefined;

  constructor(registry: Registry, @Inject(SETTINGS) settings: Settings) {
    this.#settings = settings;
    this.#registry = registry;
    this.#codec = new SchemaRegistry({ host: settings.registryUrl });
  }

  async serialize(event: OutboxEventEntity): Promise<Message> {
    const schemaId = await this.#registered();
    const value = await this.#codec.encode(schemaId, recordOf(event));
    return { key: event.subject, value, headers: { 'content-type': 'avro/binary' } };
  }

  #registered(): Promise<number> {
    this.#schemaId ??= this.#register().catch((error: unknown) => {
      this.#schemaId = undefined;
      throw error;
    });
    return this.#schemaId;
  }

  async #register(): Promise<number> {
    const schema = await readFile(join(this.#settings.schemasDir, ...SCHEMA), 'utf8');
    return this.#registry.register(names.subjectOf(names.GOVERNANCE_EVENTS_TOPIC), schema);
  }
}

function recordOf({ id, type, subject, createdAt, data }: OutboxEventEntity) {
  return { id, type, subject, at: createdAt.getTime(), data: JSON.stringify(data) };
}
