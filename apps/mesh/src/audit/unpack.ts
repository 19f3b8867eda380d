import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { cliError, meshErrors } from '../errors.js';

/** Writes the files of a tar into `folder`, each under its bare name; answers the names. Throws MESH-6504 where it does not come whole. */
export async function unpack(tar: ReadableStream, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names: string[] = [];
  const entries = extract();
  const writing = async () => {
    for await (const entry of entries) {
      // A name with a path in it would write outside the folder.
      const name = basename(entry.header.name);
      names.push(name);
      await pipeline(entry, createWriteStream(join(folder, name)));
    }
  };
  // Together: where the answer breaks off, either may be the first to say so.
  await Promise.all([pipeline(Readable.fromWeb(tar as never), entries), writing()]).catch(
    (cause: unknown) => {
      throw cliError(meshErrors.unreachable, 'The export did not come whole.', cause);
    },
  );
  return names;
}
