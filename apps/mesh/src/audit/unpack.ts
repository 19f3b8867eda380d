import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';

/** Writes the files of a tar into `folder`, each under its bare name; answers the names. */
export async function unpack(tar: ReadableStream, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names: string[] = [];
  const entries = extract();
  const reading = pipeline(Readable.fromWeb(tar as never), entries);
  for await (const entry of entries) {
    // A name with a path in it would write outside the folder.
    const name = basename(entry.header.name);
    names.push(name);
    await pipeline(entry, createWriteStream(join(folder, name)));
  }
  await reading;
  return names;
}
