import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { secretOf, homeAt } from '@caremesh/local';
import pg from 'pg';
import { line, type Result } from '../measure/report.js';
import { interleave, ratio } from '../measure/rounds.js';
import type { Rig } from '../mesh/rig.js';

const WRITERS = 20;
const SECONDS = 5;
/** The rate that is promised; how long sealing takes is promised for it. */
const PROMISED = 1_000;
const TO_VERIFY = 300_000;

const COLUMNS = '(actor, role, action, object, detail)';
const valuesOf = (action: string): string[] => [
  'user-governance-lead',
  'governance-lead',
  action,
  'proposal:abcdefghijklmn',
  JSON.stringify({ reason: 'Good', version: '1.0.0', contentHash: `sha256:${'a'.repeat(64)}` }),
];

/**
 * Entries appended by 20 connections, each in a transaction of its own that the disk confirms, while the mesh's own
 * sealer chains and signs them; how long the slowest waited for a checkpoint; and how fast an export is verified.
 */
export async function ledger(rig: Rig): Promise<Result[]> {
  const database = ledgerOf(rig);
  await database.connect();
  await database.query(
    'create table if not exists bench_plain (like ledger_entry including defaults including identity)',
  );
  try {
    const [ours, plain] = await interleave(
      [
        { name: 'ledger', run: () => append(rig, 'ledger_entry') },
        { name: 'plain table', run: () => append(rig, 'bench_plain') },
      ],
      rig.rounds,
    );
    const atFullSpeed = await slowest(database, 'bench.noted');
    await append(rig, 'ledger_entry', PROMISED);
    const waited = await slowest(database, 'bench.paced');
    const { rate, entries } = await verify(rig, database);
    const appended = ours!.median;
    return [
      line(
        'Ledger entries from 20 transactions, fsync',
        `${appended.toFixed(0)}/s`,
        '1,000/s',
        appended >= 1_000,
      ),
      line(
        '… of a table without order, chain and trigger',
        ratio(ours!, plain!).toFixed(2),
        '',
        null,
      ),
      line(
        `… at ${PROMISED}/s, until the slowest is under a checkpoint`,
        `${waited.toFixed(2)} s`,
        '2 s',
        waited <= 2,
      ),
      line('… the same at full speed', `${atFullSpeed.toFixed(2)} s`, '', null),
      line(
        `Verify ${entries} entries, whole command`,
        `${rate.toFixed(0)}/s`,
        '50,000/s',
        rate >= 50_000,
      ),
    ];
  } finally {
    await database.query('drop table bench_plain');
    await database.end();
  }
}

function ledgerOf({ mesh }: Rig): pg.Client {
  const url = new URL(mesh.databaseUrl);
  url.username = 'mesh_governance';
  url.password = secretOf(homeAt(mesh.home), 'db-mesh_governance');
  url.pathname = '/mesh_governance';
  return new pg.Client({ connectionString: url.href });
}

/**
 * Entries a second, at most `perSecond` of them where it is given. Every transaction is one that the database has said is
 * on disk (synchronous_commit on).
 */
async function append(rig: Rig, table: string, perSecond = Infinity): Promise<number> {
  const clients = Array.from({ length: WRITERS }, () => ledgerOf(rig));
  await Promise.all(clients.map((client) => client.connect()));
  const values = valuesOf(perSecond === Infinity ? 'bench.noted' : 'bench.paced');
  const began = performance.now();
  const until = began + SECONDS * 1_000;
  const counts = await Promise.all(
    clients.map(async (client) => {
      let count = 0;
      for (; performance.now() < until; count += 1) {
        const early = began + (count * WRITERS * 1_000) / perSecond - performance.now();
        if (early > 0) await sleep(early);
        await client.query(`insert into ${table} ${COLUMNS} values ($1, $2, $3, $4, $5)`, values);
      }
      return count;
    }),
  );
  const took = (performance.now() - began) / 1_000;
  await Promise.all(clients.map((client) => client.end()));
  return counts.reduce((sum, count) => sum + count, 0) / took;
}

/** Seconds from the writing of an entry to the first checkpoint that covers it, the longest of all. */
async function slowest(database: pg.Client, action: string): Promise<number> {
  await sealed(database);
  const { rows } = await database.query<{ waited: number }>(
    `with covered as (
       select lag(size, 1, 0) over (order by size) as past, size, at from ledger_checkpoint)
     select max(extract(epoch from c.at - e.at))::float8 as waited
       from ledger e join covered c on e.seq > c.past and e.seq <= c.size
      where e.action = $1`,
    [action],
  );
  return rows[0]?.waited ?? Number.NaN;
}

async function sealed(database: pg.Client): Promise<number> {
  for (;;) {
    const { rows } = await database.query<{ entries: number; size: number }>(
      `select (select count(*)::float8 from ledger_entry) as entries,
              (select coalesce(max(size), 0)::float8 from ledger_checkpoint) as size`,
    );
    if (rows[0] && rows[0].size >= rows[0].entries) return rows[0].size;
    await sleep(100);
  }
}

/** Entries verified a second by `mesh audit verify` with the witness, start of the command included. */
async function verify({ mesh }: Rig, database: pg.Client) {
  await database.query(
    `insert into ledger_entry ${COLUMNS}
     select $1, $2, $3, $4, $5::jsonb from generate_series(1, ${TO_VERIFY})`,
    valuesOf('bench.noted'),
  );
  await sealed(database);
  const out = join(mkdtempSync(join(tmpdir(), 'caremesh-bench-')), 'export');
  await mesh.command('audit', 'export', '--out', out, '--as', 'auditor');
  const witness = join(mesh.home, 'witness', 'checkpoints.ndjson');
  const began = performance.now();
  const answer = await mesh.command('audit', 'verify', out, '--witness', witness, '-o', 'json');
  const took = (performance.now() - began) / 1_000;
  const { entries } = JSON.parse(answer) as { entries: number };
  return { entries, rate: entries / took };
}
