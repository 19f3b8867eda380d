import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { residentMb } from '../measure/memory.js';
import { line, type Result } from '../measure/report.js';
import type { Rig } from '../mesh/rig.js';

const ROWS = 1_000_000;
/** Not the product to which `contract` leaves thousands of grants that are rows of a table only. */
const PRODUCT = 'acute.inpatient-spell';
const TARGET_S = 60;
const PATIENCE_MS = 600_000;
const LOOK_MS = 100;

type Snapshot = {
  id: string;
  rows: number;
  files: { name: string; format: string; bytes: number }[];
};

/**
 * A granted view of a million rows as Parquet and CSV: from the wish to the snapshot being listed, and fetched. The rows are
 * put into the live table as they would have come from the topic (copies of a real one under keys of their own), because
 * reading a million records is not what is measured. Memory is that of the service, looked at while it writes.
 */
export async function snapshot(rig: Rig): Promise<Result[]> {
  const { grant, schema } = await openPort(rig);
  const table = await filled(rig, schema, grant);
  const before = await listed(rig, grant);
  const rss = [memoryOf(rig)];
  const began = performance.now();
  await wish(rig, grant);
  const taken = await until(async () => {
    rss.push(memoryOf(rig));
    return (await listed(rig, grant)).find(({ id }) => !before.some((old) => old.id === id));
  });
  const seconds = (performance.now() - began) / 1_000;
  if (taken.rows < ROWS) throw new Error(`The snapshot of ${table} has ${taken.rows} rows`);
  const size = (format: string) =>
    `${((taken.files.find((one) => one.format === format)?.bytes ?? 0) / 1e6).toFixed(0)} MB`;
  return [
    line(
      `${taken.rows} rows to Parquet (${size('parquet')}) and CSV (${size('csv')})`,
      `${seconds.toFixed(1)} s`,
      `<= ${TARGET_S} s`,
      seconds <= TARGET_S,
    ),
    line('memory of the service before', `${rss[0]} MB`, '', null),
    line('memory of the service at most, meanwhile', `${Math.max(...rss)} MB`, '', null),
    await fetchLine(rig, grant),
  ];
}

/** Of the product's active grants the first that has a view. */
async function openPort({ mesh }: Rig): Promise<{ grant: string; schema: string }> {
  const asked = ['grant', 'list', '--product', PRODUCT, '--state', 'active', '--kind', 'view'];
  const list = await mesh.command(...asked, '--as', 'analyst', '-o', 'json');
  const { items } = JSON.parse(list) as { items: { id: string }[] };
  for (const { id } of items) {
    const opened = await mesh
      .command('port', 'open', id, '--as', 'analyst', '-o', 'json')
      .catch(() => null);
    if (opened !== null)
      return { grant: id, schema: (JSON.parse(opened) as { schema: string }).schema };
  }
  throw new Error('No active grant of the demonstration has a view');
}

/** Makes a million rows of the first; answers which table. */
async function filled({ mesh }: Rig, schema: string, grant: string): Promise<string> {
  const url = new URL(mesh.databaseUrl);
  url.pathname = '/mesh_output_ports';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const view = async () => {
      const { rows } = await client.query<{ table_name: string; columns: { column: string }[] }>(
        'SELECT table_name, columns FROM port_view WHERE grant_id = $1 AND changed_at IS NOT NULL',
        [grant],
      );
      return rows[0];
    };
    const { table_name: table, columns } = await until(view);
    const names = columns.map(({ column }) => pg.escapeIdentifier(column)).join(', ');
    const place = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    await client.query(
      `INSERT INTO ${place} (record_key, ${names})
       SELECT md5(n::text) || '.' || md5((-n)::text), ${names}
         FROM generate_series(1, ${ROWS}) n JOIN (SELECT row_number() OVER () AS r, count(*) OVER () AS of, * FROM ${place}) one ON one.r = 1 + n % one.of`,
    );
    await client.query(`ANALYZE ${place}`);
    return table;
  } finally {
    await client.end();
  }
}

async function wish(rig: Rig, grant: string): Promise<void> {
  const answer = await asAnalyst(rig, grant, 'POST');
  if (answer.status !== 202) throw new Error(`The wish was answered ${answer.status}`);
}

async function listed(rig: Rig, grant: string): Promise<Snapshot[]> {
  return ((await (await asAnalyst(rig, grant, 'GET')).json()) as { items: Snapshot[] }).items;
}

let token: Promise<string> | undefined;

async function asAnalyst({ mesh }: Rig, grant: string, method: string): Promise<Response> {
  const service = mesh.status.components.find(({ name }) => name === 'output-ports');
  token ??= mesh.token('analyst');
  return fetch(`http://127.0.0.1:${service?.port}/v1/grants/${grant}/snapshots`, {
    method,
    headers: { authorization: `Bearer ${await token}` },
  });
}

function memoryOf({ mesh }: Rig): number {
  const pid = mesh.status.components.find(({ name }) => name === 'output-ports')?.pid;
  if (!pid) throw new Error('The output ports have no process');
  return residentMb(pid);
}

async function fetchLine({ mesh }: Rig, grant: string): Promise<Result> {
  const out = mkdtempSync(join(tmpdir(), 'caremesh-fetch-'));
  try {
    const began = performance.now();
    const answer = await mesh.command(
      ...['port', 'fetch', grant, '--as', 'analyst', '--out', out, '-o', 'json'],
    );
    const seconds = (performance.now() - began) / 1_000;
    const { saved } = JSON.parse(answer) as { saved: string[] };
    const bytes = saved.reduce((sum, path) => sum + statSync(path).size, 0);
    return line(
      `fetched, with its SHA-256 (${(bytes / 1e6).toFixed(0)} MB)`,
      `${seconds.toFixed(1)} s`,
      '',
      null,
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('It took longer than ten minutes');
    await sleep(LOOK_MS);
  }
}
