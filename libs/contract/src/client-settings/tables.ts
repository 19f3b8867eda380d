import type { ClientCredential } from './credential.js';

/** What of a grant its files are named after. */
export type GrantedFiles = Pick<ClientCredential, 'topics' | 'groupPrefix'>;

/** DuckDB reads the Parquet files that `mesh port fetch` wrote where it is run; types are in them. */
export function duckdb(credential: GrantedFiles): string {
  return [
    `-- ${fetched(credential)}`,
    ...filesOf(credential).map(
      ({ table, file }) => `CREATE VIEW ${table} AS SELECT * FROM read_parquet('${file}.parquet');`,
    ),
  ].join('\n');
}

/** R reads the CSV files without a package. As text: a code such as 01 is not the number 1. */
export function r(credential: GrantedFiles): string {
  return [
    `# ${fetched(credential)}`,
    ...filesOf(credential).map(
      ({ table, file }) =>
        `${table} <- read.csv("${file}.csv", colClasses = "character", na.strings = "")`,
    ),
  ].join('\n');
}

/** `share.<grant>.<product>.v<major>`: the file has the name of what the view is of. */
function filesOf({ topics, groupPrefix }: GrantedFiles) {
  return topics.map((topic) => {
    const file = topic.slice(groupPrefix.length);
    return { file, table: file.replaceAll(/[.-]/g, '_') };
  });
}

function fetched({ groupPrefix }: GrantedFiles): string {
  const grant = groupPrefix.split('.')[1] ?? '<grant>';
  return `mesh port fetch ${grant} --credentials credentials.json`;
}
