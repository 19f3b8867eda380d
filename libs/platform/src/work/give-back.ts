import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By then a service has loaded what it runs, and mostly stands idle. */
const AFTER_MS = 5_000;

type Collect = (options: { type: string; execution: string; flavor: string }) => void;

/**
 * Has what starting left behind collected once, and the memory given back to the system. Loading its modules makes a
 * process's nursery grow to its largest, and it stays so: measured, 225 against 155 MiB with a nursery of 32 MiB, for a
 * tenth of a second. Of each thread that calls it, its own heap.
 */
export function giveBackSoon(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as Collect;
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }, AFTER_MS).unref();
}
