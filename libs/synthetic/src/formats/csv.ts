/** A line of RFC 4180: quoted only where it must be. */
const csvLine = (values: readonly (string | number | null)[]): string =>
  `${values.map((value) => quoted(value === null ? '' : String(value))).join(',')}\r\n`;

const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A table of named columns: makes lines of rows that state some of them. */
export type Table<K extends string> = {
  header: string;
  line(row: Partial<Record<K, string | number | null>>): string;
};

/** Writes rows of these columns; one that is not given is empty. */
export function table<const K extends string>(columns: readonly K[]): Table<K> {
  return {
    header: csvLine(columns),
    line: (row) => csvLine(columns.map((column) => row[column] ?? null)),
  };
}
