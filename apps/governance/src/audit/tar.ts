import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';

type Lines = AsyncIterable<string> | Iterable<string>;

/**
 * A tar of files of these names, each of the lines that are read for it. They go through temporary files, because a tar names
 * a file's length before its bytes; however the reading of it ends, nothing of them is left. Throws what reading the lines throws.
 */
export async function tarOf(files: Record<string, Lines>): Promise<Readable> {
  const folder = await mkdtemp(join(tmpdir(), 'caremesh-audit-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const paths: [name: string, path: string][] = [];
  try {
    for (const [name, lines] of Object.entries(files)) {
      const path = join(folder, name);
      await pipeline(Readable.from(lines), createWriteStream(path, { mode: 0o600 }));
      paths.push([name, path]);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  const answer = new PassThrough();
  void fill(paths, answer)
    .catch((error: Error) => answer.destroy(error))
    .finally(remove);
  return answer;
}

async function fill(paths: [name: string, path: string][], answer: PassThrough): Promise<void> {
  const tar = pack();
  // Whoever reads may go away at any moment, and then the tar is what ends with an error.
  const sent = pipeline(tar, answer);
  const filled = (async () => {
    for (const [name, path] of paths) {
      const { size } = await stat(path);
      await pipeline(createReadStream(path), tar.entry({ name, size }));
    }
    tar.finalize();
  })();
  for (const { status, reason } of (await Promise.allSettled([filled, sent])) as {
    status: string;
    reason?: Error;
  }[]) {
    if (status === 'rejected') throw reason ?? new Error('The tar could not be filled');
  }
}
