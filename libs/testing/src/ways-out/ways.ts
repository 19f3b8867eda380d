import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWithClient } from '../guides/run-guide.js';
import { personToken } from '../sign-in.js';
import type { Mesh } from '../start-mesh.js';
import { liveRecords, liveRows, type Live } from './same.js';
import { javaClasses, rscript } from './tools.js';

const run = promisify(execFile);
const MOST_BYTES = 256_000_000;

export type Asked = {
  grant: string;
  /** `gp.medication-statement.v1`: what the files are called. */
  name: string;
  topic: string;
  /** How many records the topic holds, tombstones included. */
  records: number;
  schema: object;
};
type Sql = {
  user: string;
  password: string;
  host: string;
  port: number;
  database: string;
  schema: string;
};

/** The live rows of a view by every way, as each program read them. Nothing may be written to the view meanwhile. */
export async function everyWay(
  mesh: Mesh,
  asked: Asked,
  folder: string,
): Promise<Record<string, Live>> {
  const { grant, name, schema } = asked;
  const credentials = join(folder, 'credentials.json');
  const access = await mesh.cli('grant', 'credentials', grant, '--as', 'analyst', '-o', 'json');
  writeFileSync(credentials, access.stdout, { mode: 0o600 });
  const files = join(folder, 'snapshot');
  mkdirSync(files);
  const fetch = ['--credentials', credentials, '--fresh', '--out', files];
  const fetched = await mesh.cli('port', 'fetch', grant, '--as', 'analyst', ...fetch);
  if (fetched.exit !== 0) throw new Error(fetched.stderr);
  const table = name.replaceAll(/[.-]/g, '_');
  await byPython(mesh, asked, { credentials, snapshot: join(files, name), table, folder });
  const java = await byJava(mesh, asked, folder);
  await byR(mesh, grant, { files, table, out: join(folder, 'r.ndjson') });
  const read = <T>(way: string) =>
    readFileSync(join(folder, `${way}.ndjson`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as T);
  type Row = Record<string, unknown>;
  const rows = (way: string) => [way, liveRows(schema, read<Row>(way))] as const;
  return {
    python: liveRecords(schema, read<{ key: string; value: Row | null }>('python')),
    java,
    ...Object.fromEntries(['duckdb', 'polars', 'r', 'sql'].map(rows)),
  };
}

type Places = { credentials: string; snapshot: string; table: string; folder: string };

/** The command that prints an analyst's settings for a client. */
const settingsFor = (client: 'psql' | 'java' | 'r', grant: string): string[] => [
  ...['grant', 'credentials', grant, '--as', 'analyst', '--format', client],
];

async function byPython(mesh: Mesh, { grant, records }: Asked, at: Places): Promise<void> {
  const sql = await mesh.json<Sql>(...settingsFor('psql', grant));
  const env = {
    ...{ PATH: process.env['PATH'], PGHOST: sql.host, PGPORT: String(sql.port), PGUSER: sql.user },
    ...{ PGPASSWORD: sql.password, PGDATABASE: sql.database },
  };
  const script = join(import.meta.dirname, 'ways_out.py');
  const { credentials, snapshot, table, folder } = at;
  const place = `${sql.schema}.${table}`;
  const args = [script, credentials, snapshot, String(records), place, folder];
  await run(await pythonWithClient(), args, { env });
}

/** Kafka's own Java client with the settings that the mesh prints for it, as the guide says them; Stream.java is run as it is. */
async function byJava(
  mesh: Mesh,
  { grant, topic, records, schema }: Asked,
  folder: string,
): Promise<Live> {
  const { tokenUrl, registryUrl } = JSON.parse(
    readFileSync(join(folder, 'credentials.json'), 'utf8'),
  ) as Record<string, string>;
  const printed = await mesh.cli(...settingsFor('java', grant));
  const registry = registryUrl!.replace('/apis/ccompat/v7', '/apis/registry/v3');
  const settings = join(folder, 'client.properties');
  const decoding = [
    'key.deserializer=org.apache.kafka.common.serialization.StringDeserializer',
    'value.deserializer=io.apicurio.registry.serde.avro.AvroKafkaDeserializer',
    `apicurio.registry.url=${registry}`,
  ];
  writeFileSync(settings, [printed.stdout, ...decoding, ''].join('\n'), { mode: 0o600 });
  const { stdout } = await run(
    'java',
    [
      ...['-cp', await javaClasses()],
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokenUrl}`,
      ...[join(import.meta.dirname, 'Stream.java'), settings, topic, String(records)],
    ],
    { maxBuffer: MOST_BYTES },
  );
  await endCredential(mesh, grant, /clientId="([^"]+)"/.exec(printed.stdout)![1]!);
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== records) throw new Error(`Java read ${lines.length} of ${records} records`);
  return liveRecords(
    schema,
    lines.map((line) => {
      const [key = '', value = ''] = line.split(/\t(.*)/s);
      return { key, value: JSON.parse(value) as Record<string, unknown> | null };
    }),
  );
}

/** A grant has two at most: whoever asks for a third ends one first. */
async function endCredential(mesh: Mesh, grant: string, clientId: string): Promise<void> {
  const where = { home: mesh.home, tokenUrl: mesh.status().identity.tokenUrl };
  const url = `${mesh.status().governance.url}/v1/grants/${grant}/credentials/${clientId}`;
  const authorization = `Bearer ${await personToken(where, 'analyst')}`;
  const answer = await fetch(url, { method: 'DELETE', headers: { authorization } });
  if (!answer.ok) throw new Error(`${clientId} could not be ended: ${answer.status}`);
}

/** With the lines that the mesh itself prints for R. */
async function byR(
  mesh: Mesh,
  grant: string,
  { files, table, out }: { files: string; table: string; out: string },
): Promise<void> {
  const settings = await mesh.cli(...settingsFor('r', grant));
  if (settings.exit !== 0) throw new Error(settings.stderr);
  writeFileSync(join(files, 'settings.R'), settings.stdout);
  const args = [join(import.meta.dirname, 'rows.R'), table, out];
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: files };
  await run(await rscript(), args, { cwd: files, env });
}
