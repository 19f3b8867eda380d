import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { inTransaction } from '@caremesh/platform';
import type { Pool } from 'pg';

import { ABOUT, qualified } from '../live/live-set.js';
import type { LiveTable } from '../live/live-set.js';
import { CsvFile } from './csv.js';
import { ParquetFile } from './parquet.js';
import { columnsWithKey, rowsOf } from './rows.js';

/** One file of a snapshot. */
export type SnapshotFile = {
  name: string;
  format: 'parquet' | 'csv' | 'json';
  bytes: number;
  sha256: string;
};

/** What a snapshot is of: the words of `about` at its moment. */
export type Manifest = {
  product: string;
  major: number;
  topic: string;
  takenAt: string;
  /** When the newest record in it was disclosed. */
  asOf: string | null;
  /** Per partition, the first offset that is not in it. */
  offsets: Record<string, number>;
  rows: number;
  schemaId: number;
  contract: { version: string; contentHash: string; odcs: string };
  lineage: unknown;
};

/** A snapshot as it was written, in a folder of its own. */
export type Written = { id: string; manifest: Manifest; files: SnapshotFile[]; seen: Seen };

/** How many removals and wishes there had been at its moment. */
type Seen = { removals: string; wishes: string };

type About = {
  product: string;
  major: number;
  topic: string;
  schema_id: number;
  contract_version: string;
  contract_hash: string;
  contract: string;
  lineage: unknown;
  as_of: Date | null;
  offsets: Record<string, number>;
};

/** Rows of a row group. 50,000 of some 30 columns are about 100 MB while they are turned into columns; 10,000 a fifth. */
const CHUNK_ROWS = 10_000;
const MOMENT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Writes a snapshot of a live table below `folder`. It appears there under its id when it is whole, and otherwise not at
 * all. Throws what stops it: the signal, a full disk, a table that is gone.
 */
export async function writeSnapshot(
  pool: Pool,
  table: LiveTable,
  folder: string,
  signal: AbortSignal,
): Promise<Written> {
  const id = randomBytes(6).toString('hex');
  const growing = join(folder, `.${id}`);
  await mkdir(growing, { recursive: true, mode: 0o700 });
  try {
    const { manifest, seen } = await writeTables(pool, table, growing, signal);
    const name = fileNameOf(manifest);
    await writeFile(join(growing, `${name}.json`), JSON.stringify(manifest, null, 2));
    const files = [
      await described(growing, `${name}.parquet`, 'parquet'),
      await described(growing, `${name}.csv`, 'csv'),
      await described(growing, `${name}.json`, 'json'),
    ];
    await rename(growing, join(folder, id));
    return { id, manifest, files, seen };
  } catch (error) {
    await rm(growing, { recursive: true, force: true });
    throw error;
  }
}

async function writeTables(
  pool: Pool,
  table: LiveTable,
  folder: string,
  signal: AbortSignal,
): Promise<{ manifest: Manifest; seen: Seen }> {
  return inTransaction(
    pool,
    async (client) => {
      const { rows: abouts } = await client.query<About>(
        `SELECT * FROM ${qualified(table.schemaName, ABOUT)} WHERE table_name = $1`,
        [table.tableName],
      );
      const { rows: seen } = await client.query<Seen>(
        'SELECT removals, wishes FROM port_view WHERE topic = $1',
        [table.topic],
      );
      const { rows: counted } = await client.query<{ count: string }>(
        `SELECT count(*) FROM ${qualified(table.schemaName, table.tableName)}`,
      );
      const manifest = manifestOf(abouts[0]!, Number(counted[0]!.count));
      const path = join(folder, fileNameOf(manifest));
      const columns = columnsWithKey(table.columns);
      const csv = await CsvFile.begin(`${path}.csv`, columns);
      const parquet = new ParquetFile(`${path}.parquet`, columns, {
        caremesh: JSON.stringify(manifest),
      });
      try {
        for await (const rows of rowsOf(client, table, CHUNK_ROWS)) {
          signal.throwIfAborted();
          await csv.write(rows);
          await parquet.write(rows);
        }
      } finally {
        await csv.end();
      }
      await parquet.end();
      return { manifest, seen: seen[0]! };
    },
    { begin: MOMENT },
  );
}

function manifestOf(about: About, rows: number): Manifest {
  const { product, major, topic, offsets, schema_id: schemaId, lineage } = about;
  return {
    ...{ product, major, topic, takenAt: new Date().toISOString() },
    ...{ asOf: about.as_of?.toISOString() ?? null, offsets, rows, schemaId },
    contract: {
      version: about.contract_version,
      contentHash: about.contract_hash,
      odcs: about.contract,
    },
    lineage,
  };
}

const fileNameOf = ({ product, major }: Manifest): string => `${product}.v${major}`;

async function described(
  folder: string,
  name: string,
  format: SnapshotFile['format'],
): Promise<SnapshotFile> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { name, format, bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
