import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { headers as ce, names } from '@caremesh/contract';
import { Inject, Injectable } from '@nestjs/common';
import type { Serializer } from '@nestjs/microservices';
import { toldSchemaOf } from '../broker/told-schemas.js';
import { Registry } from '../registry/registry.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import type { OutboxEventEntity } from './outbox.entity.js';

const SCHEMA = ['mesh', 'governance-events', 'v1', 'schema.avsc'];
const { HEADERS } = ce;

/** A message as kafkajs sends it. */
type Message = { key: string; value: Buffer; headers: Record<string, string> };

/**
 * Governance events on the wire: Avro in the Confluent format, under the schema of `schemas/mesh`; what a grant's recipient
 * is told, under that grant's own. The serializer that Nest's Kafka transport is given.
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
    if (event.topic !== null) return this.#notice(event, event.topic);
    const schemaId = await this.#registered();
    const value = await this.#codec.encode(schemaId, recordOf(event));
    return { key: event.subject, value, headers: this.#headersOf(event, schemaId) };
  }

  // Rare, and of many grants: that the registry is asked each time keeps no list of them here.
  async #notice(event: OutboxEventEntity, topic: string): Promise<Message> {
    const schema = JSON.stringify(toldSchemaOf(topic));
    const schemaId = await this.#registry.register(names.subjectOf(topic), schema);
    const value = await this.#codec.encode(schemaId, noticeOf(event));
    return { key: event.subject, value, headers: this.#headersOf(event, schemaId) };
  }

  #headersOf({ id, type, createdAt }: OutboxEventEntity, schemaId: number): Message['headers'] {
    return {
      [HEADERS.specVersion]: ce.SPEC_VERSION,
      [HEADERS.id]: id,
      [HEADERS.source]: 'urn:caremesh:governance',
      [HEADERS.type]: `caremesh.mesh.${type}.v1`,
      [HEADERS.time]: createdAt.toISOString(),
      [HEADERS.dataSchema]: ce.ceDataSchema(this.#settings.registryUrl, schemaId),
      [HEADERS.recordedTime]: createdAt.toISOString(),
      [HEADERS.contentType]: ce.CONTENT_TYPE,
    };
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

function noticeOf({ type, createdAt, data: { sentence, ...data } }: OutboxEventEntity) {
  return { type, recordedAt: createdAt.getTime(), sentence, data: JSON.stringify(data) };
}
