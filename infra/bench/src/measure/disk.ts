import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PAGE = Buffer.alloc(8_192, 1);
const PAGES = 200;
const EVERY_MS = 50;

/**
 * How long the disk itself takes to confirm a page, 20 times a second, until the answer is called: whatever waits for a commit waits
 * as long. In milliseconds, with what the asking process waited for a core.
 */
export function watchDisk(folder: string): () => Promise<number[]> {
  const stop = new AbortController();
  const taken = watch(join(folder, 'fdatasync'), stop.signal);
  return () => {
    stop.abort();
    return taken;
  };
}

async function watch(path: string, signal: AbortSignal): Promise<number[]> {
  const file = await open(path, 'w');
  const taken: number[] = [];
  for (let n = 0; !signal.aborted; n++) {
    const began = performance.now();
    await file.write(PAGE, 0, PAGE.length, (n % PAGES) * PAGE.length);
    await file.datasync();
    taken.push(performance.now() - began);
    await sleep(EVERY_MS);
  }
  await file.close();
  await rm(path);
  return taken;
}
