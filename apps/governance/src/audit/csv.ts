import Papa from 'papaparse';

/**
 * Rows as CSV (RFC 4180), a line of names first. A cell that a spreadsheet would take for a formula is quoted for
 * it: its text comes from whoever asked.
 */
export function csvOf<Row>(
  columns: Record<string, (row: Row) => string>,
  rows: readonly Row[],
): string {
  const fields = Object.keys(columns);
  const data = rows.map((row) => Object.values(columns).map((cellOf) => cellOf(row)));
  return `${Papa.unparse([fields, ...data], { escapeFormulae: true, newline: '\r\n' })}\r\n`;
}
