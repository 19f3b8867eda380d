import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { serviceUrl } from '../addresses.js';
import type { Credential } from '../consume/issued.js';
import { tokenOf } from '../consume/token.js';
import { until } from '../demo/waiting.js';
import { CliError, EXIT, cliError, meshErrors } from '../errors.js';
import type { Io } from '../io.js';
import { bodyOf, request } from '../request.js';

/** A snapshot as it is listed. */
export type Snapshot = {
  id: string;
  topic: string;
  takenAt: string;
  asOf: string | null;
  offsets: Record<string, number>;
  rows: number;
  contract: { version: string; contentHash: string };
  files: { name: string; format: string; bytes: number; sha256: string }[];
};

const PATIENCE_MS = 300_000;
/** Views that lose records have a new snapshot every minute, which takes the place of the one that was listed. */
const ATTEMPTS = 5;

/** Fetches snapshots of one grant, with its credential. */
export class SnapshotFetch {
  readonly #url: string;
  readonly #authorization: string;

  private constructor(url: string, authorization: string) {
    this.#url = url;
    this.#authorization = authorization;
  }

  static async with(io: Io, grant: string, credential: Credential): Promise<SnapshotFetch> {
    const token = await tokenOf(credential, 'mesh-api');
    const base = await serviceUrl(io, 'output-ports');
    const url = `${base}/v1/grants/${encodeURIComponent(grant)}/snapshots`;
    return new SnapshotFetch(url, `Bearer ${token}`);
  }

  /**
   * The newest of each of these views; with `fresh`, or where one has none yet, those taken from now on. A view that is
   * being filled has its snapshot once it is, so that is waited for.
   */
  async newest(topics: readonly string[], fresh: boolean): Promise<Snapshot[]> {
    const isWhole = (found: readonly Snapshot[]) =>
      found.length > 0 && topics.every((topic) => found.some((one) => one.topic === topic));
    const before = await this.#list();
    if (!fresh && isWhole(before)) return before;
    const known = new Set(before.map(({ id }) => id));
    const headers = { authorization: this.#authorization };
    await request(this.#url, { method: 'POST', headers });
    return until(
      'A snapshot, taken once its view is filled,',
      async () => {
        const taken = (await this.#list()).filter(({ id }) => !known.has(id));
        return isWhole(taken) ? taken : null;
      },
      PATIENCE_MS,
    );
  }

  /** Writes the files of a snapshot, or of the one that took its place meanwhile; what comes back is which, and where they are. */
  async save(
    io: Io,
    listed: Snapshot,
    out: string,
  ): Promise<{ snapshot: Snapshot; paths: string[] }> {
    let snapshot = listed;
    for (let attempt = 1; ; attempt++) {
      try {
        return { snapshot, paths: await this.#saveFiles(io, snapshot, out) };
      } catch (error) {
        const isGone = error instanceof CliError && error.exit === EXIT.notFound;
        if (!isGone || attempt === ATTEMPTS) throw error;
        const newest = (await this.#list()).find(({ topic }) => topic === snapshot.topic);
        if (newest === undefined || newest.id === snapshot.id) throw error;
        snapshot = newest;
      }
    }
  }

  async #saveFiles(io: Io, { id, files }: Snapshot, out: string): Promise<string[]> {
    const folder = isAbsolute(out) ? out : join(io.cwd, out);
    await mkdir(folder, { recursive: true });
    const saved: string[] = [];
    for (const { name, sha256 } of files) {
      // A name with a path in it would write outside the folder.
      const path = join(folder, basename(name));
      const growing = `${path}.part`;
      const body = await bodyOf(`${this.#url}/${id}/files/${name}`, this.#authorization);
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform(chunk: Buffer, _, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      const broke = await pipeline(body, hashing, createWriteStream(growing, { mode: 0o600 })).then(
        () => null,
        (cause: unknown) => ({ cause }),
      );
      if (broke || hash.digest('hex') !== sha256) {
        await rm(growing, { force: true });
        throw cliError(meshErrors.unreachable, `${name} did not come whole.`, broke?.cause);
      }
      await rename(growing, path);
      saved.push(path);
    }
    return saved;
  }

  async #list(): Promise<Snapshot[]> {
    const headers = { authorization: this.#authorization };
    return (await request<{ items: Snapshot[] }>(this.#url, { headers })).body.items;
  }
}
