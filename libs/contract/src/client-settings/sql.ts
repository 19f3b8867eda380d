/** An SQL credential as `POST /v1/grants/{id}/sql-credentials` answers it, once. */
export type SqlCredential = {
  user: string;
  password: string;
  expires: string;
  host: string;
  port: number;
  database: string;
  sslMode: string;
  schema: string;
  tables: string[];
};

/** The environment of libpq, and so of psql, R's RPostgres, psycopg and DuckDB's postgres extension; for `eval` or a file. */
export function psql({
  host,
  port,
  database,
  user,
  password,
  sslMode,
  tables,
}: SqlCredential): string {
  return [
    `export PGHOST=${host} PGPORT=${port} PGDATABASE=${database}`,
    `export PGUSER=${user} PGPASSWORD=${password} PGSSLMODE=${sslMode}`,
    ...['about', ...tables].map((table) => `# psql -c 'TABLE ${table}'`),
  ].join('\n');
}
