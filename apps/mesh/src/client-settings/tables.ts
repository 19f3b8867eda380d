import type { Credential } from './settings.js';

/**
 * DuckDB and R read files. Each of these prints the
 * lines with which the tool reads what `mesh consume` wrote down.
 */
export function duckdb(credential: Credential): string {
  return [
    `-- ${written(credential)}`,
    `CREATE TABLE records AS SELECT * FROM read_json_auto('records.ndjson', format = 'newline_delimited');`,
  ].join('\n');
}

export function r(credential: Credential): string {
  return [
    `# ${written(credential)}`,
    `records <- jsonlite::stream_in(file("records.ndjson"))`,
  ].join('\n');
}

function written({ groupPrefix }: Credential): string {
  const grant = groupPrefix.split('.')[1] ?? '<grant>';
  return `mesh consume ${grant} --from-beginning --idle 5 --credentials credentials.json > records.ndjson`;
}
