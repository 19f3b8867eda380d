import { fileWriter, ParquetWriter } from 'hyparquet-writer';

import type { Column, ColumnType } from '../live/columns.js';
import type { TextRow } from './rows.js';

type Element = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];
type Kind = Pick<Element, 'type' | 'converted_type'>;

const KINDS: Record<ColumnType, Kind> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  jsonb: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  boolean: { type: 'BOOLEAN' },
  integer: { type: 'INT32' },
  bigint: { type: 'INT64' },
  'double precision': { type: 'DOUBLE' },
  date: { type: 'INT32', converted_type: 'DATE' },
  timestamptz: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
};

/** Writes rows as Apache Parquet, Snappy, one row group for each `write`: that much is held in memory, and no more. */
export class ParquetFile {
  readonly #writer: ParquetWriter;
  readonly #columns: readonly Column[];

  /** `metadata` is what the file says of itself, as key-value metadata of its footer. */
  constructor(path: string, columns: readonly Column[], metadata: Record<string, string>) {
    this.#columns = columns;
    this.#writer = new ParquetWriter({
      writer: fileWriter(path),
      schema: [
        { name: 'view', num_children: columns.length },
        ...columns.map(({ column, type }, at) => ({
          name: column,
          repetition_type: at === 0 ? ('REQUIRED' as const) : ('OPTIONAL' as const),
          ...KINDS[type],
        })),
      ],
      kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      createdBy: 'Caremesh',
    });
  }

  async write(rows: readonly TextRow[]): Promise<void> {
    const columnData = this.#columns.map(({ column, type }, at) => ({
      name: column,
      data: rows.map((row) => valueOf(type, row[at] ?? null)),
      offsetIndex: false,
    }));
    await this.#writer.write({ columnData, rowGroupSize: rows.length });
  }

  async end(): Promise<void> {
    await this.#writer.finish();
  }
}

function valueOf(type: ColumnType, value: string | null): unknown {
  if (value === null) return null;
  switch (type) {
    case 'text':
    case 'jsonb':
      return value;
    case 'boolean':
      return value === 't';
    case 'integer':
    case 'date':
    case 'double precision':
      return Number(value);
    case 'bigint':
    case 'timestamptz':
      return BigInt(value);
  }
}
