import { open, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { problem } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import type { Pool } from 'pg';

import { outputPortErrors } from '../errors.js';
import type { Filled } from '../live/filled.js';
import type { LiveTable } from '../live/live-set.js';
import { writeSnapshot } from './write-files.js';
import type { Manifest, SnapshotFile, Written } from './write-files.js';

type Parts = {
  pool: Pool;
  /** Where the files are; nobody else writes there. */
  folder: string;
  /** A view that changed gets its next snapshot after this long. */
  everyMs: number;
  /** One that a record has left gets it this long after the last one at the soonest. */
  soonestMs: number;
  filled: Pick<Filled, 'isFilled'>;
  log: Logger;
};

/** A snapshot that can be fetched; the text of its contract is in the manifest, a file of its own. */
export type Snapshot = Omit<Manifest, 'lineage' | 'contract'> & {
  id: string;
  contract: Omit<Manifest['contract'], 'odcs'>;
  files: SnapshotFile[];
};

type Due = LiveTable & { grantId: string; filling: number };

/** Before the first snapshot a view is left to be filled: this long without a change, in seconds. */
const QUIET_SECONDS = 2;
/** What leaves a view has it written again for a tenth of the time at most: a million rows take 26 s, so every four minutes. */
const SHARE_OF_TIME = 10;
/** A disk that is full is not tried every second: each time as much is written as there is room for. */
const AFTER_FAILURE_MS = 60_000;

/** Takes snapshots when they are due, lists them, and gives out their files. */
export class Snapshots {
  readonly #parts: Parts;
  /** What is being written, by grant. */
  readonly #writing = new Map<string, AbortController>();
  /** Of views whose snapshot failed, when it is tried again. */
  readonly #notBefore = new Map<string, number>();
  #isTidied = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One look: every view that is due, and filled, gets its snapshot, one after the other. */
  async look(): Promise<void> {
    if (!this.#isTidied) await this.#tidy();
    this.#isTidied = true;
    for (const view of await this.#due()) {
      if ((this.#notBefore.get(view.topic) ?? 0) > performance.now()) continue;
      if (await this.#isFilled(view)) await this.#take(view);
    }
  }

  /** A wish for a snapshot as soon as the view is filled. Throws MESH-4506. */
  async want(grantId: string): Promise<void> {
    const { rowCount } = await this.#parts.pool.query(
      'UPDATE port_view SET wishes = wishes + 1 WHERE grant_id = $1',
      [grantId],
    );
    if (rowCount === 0) throw problem(outputPortErrors.portNotOpen, grantId);
  }

  /** The newest snapshot of each view of a grant. */
  async list(grantId: string): Promise<Snapshot[]> {
    const { rows } = await this.#parts.pool.query<Snapshot>(
      `SELECT s.id, v.product, v.major, v.topic, s.manifest->>'takenAt' AS "takenAt", s.manifest->>'asOf' AS "asOf",
         s.manifest->'offsets' AS offsets, (s.manifest->'rows')::int AS rows,
         (s.manifest->'schemaId')::int AS "schemaId", (s.manifest->'contract') - 'odcs' AS contract, s.files
       FROM snapshot s JOIN port_view v USING (topic) WHERE v.grant_id = $1 ORDER BY v.topic`,
      [grantId],
    );
    return rows;
  }

  /** One file of a grant's snapshot, and of how many rows. Throws MESH-4509 for what there is not, or not any more. */
  async file(
    grantId: string,
    id: string,
    name: string,
  ): Promise<{ topic: string; rows: number; file: SnapshotFile; bytes: Readable }> {
    const { rows } = await this.#parts.pool.query<{
      topic: string;
      count: number;
      files: SnapshotFile[];
    }>(
      `SELECT v.topic, (s.manifest->'rows')::int AS count, s.files FROM snapshot s JOIN port_view v USING (topic) WHERE v.grant_id = $1 AND s.id = $2`,
      [grantId, id],
    );
    const file = rows[0]?.files.find((one) => one.name === name);
    if (file === undefined) throw problem(outputPortErrors.fileNotFound, id);
    const { topic, count } = rows[0]!;
    const path = join(this.#folderOf(grantId, topic), id, file.name);
    const handle = await open(path).catch((cause: unknown) => {
      // A newer one may have taken its place meanwhile.
      throw problem(outputPortErrors.fileNotFound, id, [], cause);
    });
    return { topic, rows: count, file, bytes: handle.createReadStream() };
  }

  /** What is being written of a grant stops: it would hold up whoever takes its tables away. */
  cancel(grantId: string): void {
    this.#writing.get(grantId)?.abort();
  }

  /** Ends everything of a grant: what is being written stops, what was written is deleted. */
  async end(grantId: string): Promise<void> {
    this.cancel(grantId);
    await rm(join(this.#parts.folder, grantId), { recursive: true, force: true });
  }

  /** Ends what there is of one view, which the grant has no more, or not now. */
  async forget(grantId: string, topic: string): Promise<void> {
    this.cancel(grantId);
    await this.#parts.pool.query('DELETE FROM snapshot WHERE topic = $1', [topic]);
    await rm(this.#folderOf(grantId, topic), { recursive: true, force: true });
  }

  /** What is being written stops. */
  stop(): void {
    for (const writing of this.#writing.values()) writing.abort();
  }

  /** What a service that was ended meanwhile left of grants that have no port any more. */
  async #tidy(): Promise<void> {
    const { pool, folder } = this.#parts;
    const { rows } = await pool.query<{ grant: string }>('SELECT grant_id AS grant FROM port');
    const open = new Set(rows.map(({ grant }) => grant));
    for (const grantId of await entriesOf(folder)) if (!open.has(grantId)) await this.end(grantId);
  }

  async #due(): Promise<Due[]> {
    const { everyMs, soonestMs } = this.#parts;
    const { rows } = await this.#parts.pool.query<Due>(
      `SELECT v.topic, v.grant_id AS "grantId", v.schema_name AS "schemaName", v.table_name AS "tableName",
         v.columns, v.filling
       FROM port_view v JOIN port p USING (grant_id) LEFT JOIN snapshot s USING (topic)
       WHERE p.paused_at IS NULL AND (v.wishes > coalesce(s.wishes, 0)
          OR (s.topic IS NULL AND v.changed_at < now() - make_interval(secs => $1))
          OR (v.removals > s.removals
              AND s.taken_at < now() - make_interval(secs => greatest($3, $4 * s.took_ms / 1000.0)))
          OR (s.taken_at < now() - make_interval(secs => $2) AND s.manifest->'offsets' <> (
                SELECT jsonb_object_agg(partition, next_offset) FROM port_position o WHERE o.topic = v.topic)))
       ORDER BY v.topic`,
      [QUIET_SECONDS, everyMs / 1_000, soonestMs / 1_000, SHARE_OF_TIME],
    );
    return rows;
  }

  /** Of a table that is being filled a file would say that there is less in the view than there is. */
  async #isFilled(view: Due): Promise<boolean> {
    const { filled, log } = this.#parts;
    return filled.isFilled(view).catch((err: unknown) => {
      log.warn(
        { topic: view.topic, err },
        'Where a view ends is not known, and its snapshot waits',
      );
      return false;
    });
  }

  async #take(view: Due): Promise<void> {
    const { pool, log } = this.#parts;
    const { topic, grantId } = view;
    const folder = this.#folderOf(grantId, topic);
    const writing = new AbortController();
    this.#writing.set(grantId, writing);
    try {
      const began = Date.now();
      const written = await writeSnapshot(pool, view, folder, writing.signal);
      const isKept = await this.#keep(view, written, Date.now() - began);
      for (const id of await entriesOf(folder))
        if (isKept !== (id === written.id)) await rm(join(folder, id), { recursive: true });
      if (isKept) log.info({ topic, rows: written.manifest.rows }, 'A snapshot was taken');
      else log.info({ topic }, 'What a snapshot was written of was taken away meanwhile');
    } catch (err) {
      if (!writing.signal.aborted) {
        log.warn({ topic, err }, 'A snapshot could not be taken');
        this.#notBefore.set(topic, performance.now() + AFTER_FAILURE_MS);
      }
    } finally {
      // The grant, or its view, may have ended meanwhile: then nothing of it stays here.
      if (!(await this.#isHeld(topic))) await this.#removeEmptied(grantId, topic);
      this.#writing.delete(grantId);
    }
  }

  /** What is listed is the new one from here on; false if the table was dropped or filled anew since it was looked for. */
  async #keep(
    { topic, filling }: Due,
    { id, manifest, files, seen }: Written,
    tookMs: number,
  ): Promise<boolean> {
    const { rowCount } = await this.#parts.pool.query(
      `WITH written AS (SELECT topic FROM port_view WHERE topic = $1 AND filling = $9 FOR SHARE)
       INSERT INTO snapshot (topic, id, taken_at, manifest, files, removals, wishes, took_ms)
       SELECT topic, $2, $3, $4, $5, $6, $7, $8 FROM written
       ON CONFLICT (topic) DO UPDATE SET id = excluded.id, taken_at = excluded.taken_at,
         manifest = excluded.manifest, files = excluded.files, removals = excluded.removals,
         wishes = excluded.wishes, took_ms = excluded.took_ms`,
      [
        ...[topic, id, manifest.takenAt, JSON.stringify(manifest), JSON.stringify(files)],
        ...[seen.removals, seen.wishes, tookMs, filling],
      ],
    );
    return rowCount === 1;
  }

  async #isHeld(topic: string): Promise<boolean> {
    const { rows } = await this.#parts.pool.query('SELECT FROM port_view WHERE topic = $1', [
      topic,
    ]);
    return rows.length > 0;
  }

  async #removeEmptied(grantId: string, topic: string): Promise<void> {
    await rm(this.#folderOf(grantId, topic), { recursive: true, force: true });
    // Other views of the grant may have theirs in it; then it is not empty, and stays.
    await rmdir(join(this.#parts.folder, grantId)).catch(() => undefined);
  }

  #folderOf(grantId: string, topic: string): string {
    return join(this.#parts.folder, grantId, topic);
  }
}

/** Names of what lies in a folder; none if there is no such folder. */
async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  });
}
