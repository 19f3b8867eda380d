import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import type { Column, ColumnType } from '../live/columns.js';
import type { TextRow } from './rows.js';

const DAY_MS = 86_400_000;

/** Writes rows as CSV: RFC 4180 with LF, UTF-8. Null is empty, an empty text is `""`. */
export class CsvFile {
  readonly #file: FileHandle;
  readonly #columns: readonly Column[];

  private constructor(file: FileHandle, columns: readonly Column[]) {
    this.#file = file;
    this.#columns = columns;
  }

  static async begin(path: string, columns: readonly Column[]): Promise<CsvFile> {
    const file = await open(path, 'wx', 0o600);
    await file.write(`${columns.map(({ column }) => quoted(column)).join(',')}\n`);
    return new CsvFile(file, columns);
  }

  async write(rows: readonly TextRow[]): Promise<void> {
    await this.#file.write(csvLines(this.#columns, rows));
  }

  async end(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
  }
}

/** The lines of these rows. Pure. */
export function csvLines(columns: readonly Column[], rows: readonly TextRow[]): string {
  let lines = '';
  for (const row of rows) {
    lines += columns.map(({ type }, at) => cellOf(type, row[at] ?? null)).join(',');
    lines += '\n';
  }
  return lines;
}

function cellOf(type: ColumnType, value: string | null): string {
  if (value === null) return '';
  switch (type) {
    case 'date':
      return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10);
    case 'timestamptz':
      return new Date(Number(value)).toISOString();
    case 'boolean':
      return value === 't' ? 'true' : 'false';
    case 'text':
    case 'jsonb':
      return quoted(value);
    case 'integer':
    case 'bigint':
    case 'double precision':
      return value;
  }
}

const quoted = (text: string): string =>
  text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
