/** One line of the report. `met` is null for what has no target. */
export type Result = { what: string; measured: string; target: string; met: boolean | null };

/** One line of the report; `met` is null where there is no target. */
export function line(what: string, measured: string, target: string, met: boolean | null): Result {
  return { what, measured, target, met };
}

/** The report as a table in plain text. */
export function reportOf(results: readonly Result[]): string {
  const rows = [
    ['what', 'measured', 'target', ''],
    ...results.map(({ what, measured, target, met }) => [
      what,
      measured,
      target,
      met === null ? '' : met ? 'met' : 'FALLS SHORT',
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
