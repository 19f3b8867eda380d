import 'reflect-metadata';
import { DataSource, EntitySchema, type EntitySchemaColumnOptions, type Repository } from 'typeorm';
import type { KafkajsPublisher } from './kafkajs-publisher.js';

type AvroField = { name: string; type: unknown };
export type PeerRecord = Record<string, unknown> & { recordId: string };

/** A table with a column for each field of the record: what a team would write by hand as a TypeORM entity. */
export function entityOf(name: string, fields: AvroField[]): EntitySchema<PeerRecord> {
  const columns: Record<string, EntitySchemaColumnOptions> = {};
  for (const field of fields) columns[field.name] = columnOf(field);
  return new EntitySchema<PeerRecord>({ name, tableName: `peer_${name}`, columns });
}

function columnOf({ name, type }: AvroField): EntitySchemaColumnOptions {
  if (name === 'recordId') return { type: 'text', primary: true };
  const inner = Array.isArray(type) ? type.find((branch) => branch !== 'null') : type;
  const base =
    typeof inner === 'object' && inner !== null ? (inner as { type: string }).type : inner;
  if (base === 'array' || base === 'record') return { type: 'jsonb', nullable: true };
  if (base === 'long' || base === 'int') return { type: 'bigint', nullable: true };
  if (base === 'double') return { type: 'double precision', nullable: true };
  if (base === 'boolean') return { type: 'boolean', nullable: true };
  return { type: 'text', nullable: true };
}

/**
 * The peer for source file to topic: what a careful team writes without an outbox. The file is read and mapped with
 * the same functions as ours, saved 500 at a time by TypeORM, then encoded with the registry client and sent to the
 * product topic alone. A crash between the two loses or doubles records; it keeps no state, sequence or second edition.
 */
export class DualWrite {
  private constructor(
    private readonly source: DataSource,
    private readonly repository: Repository<PeerRecord>,
    private readonly publisher: KafkajsPublisher,
  ) {}

  static async open(
    url: string,
    entity: EntitySchema<PeerRecord>,
    publisher: KafkajsPublisher,
  ): Promise<DualWrite> {
    const source = await new DataSource({ type: 'postgres', url, entities: [entity] }).initialize();
    const table = source.getMetadata(entity);
    const columns = table.columns.map(
      (column) =>
        `"${column.databaseName}" ${String(column.type)}${column.isPrimary ? ' primary key' : ''}`,
    );
    await source.query(`drop table if exists "${table.tableName}"`);
    await source.query(`create table "${table.tableName}" (${columns.join(', ')})`);
    return new DualWrite(source, source.getRepository(entity), publisher);
  }

  /** Saves and sends every record in batches of 500; resolves with their number when the broker has all of them. */
  async run(
    records: AsyncIterable<PeerRecord>,
    to: {
      topic: string;
      schemaId: number;
      headers: (record: PeerRecord) => Record<string, string>;
    },
  ): Promise<number> {
    let count = 0;
    for await (const batch of batchesOf(records, 500)) {
      await this.repository.save(latest(batch));
      const messages = batch.map((record) => ({
        key: record.recordId,
        value: record,
        headers: to.headers(record),
      }));
      await this.publisher.publish(to.topic, to.schemaId, messages);
      count += batch.length;
    }
    return count;
  }

  async empty(): Promise<void> {
    await this.repository.clear();
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }
}

/** The last state of each record: TypeORM inserts a row twice that one `save` names twice. */
function latest(batch: PeerRecord[]): PeerRecord[] {
  return [...new Map(batch.map((record) => [record.recordId, { ...record }])).values()];
}

async function* batchesOf<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
