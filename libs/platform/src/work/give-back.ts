import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By then a service has loaded what it runs, and mostly stands idle. */
const AFTER_MS = 5_000;
const EVERY_MS = 10_000;
/** Share of the last ten seconds in which there was something to do; a collection takes some tenths of one. */
const IDLE = 0.05;
/** Less is not worth a pause. */
const MUCH_BYTES = 32 * 1_048_576;

type Collect = (options: { type: string; execution: string; flavor: string }) => void;

/**
 * Has what is left behind collected, and the memory given back to the system: once after the start, and whenever little is to
 * be done after much was. Loading its modules makes a process's nursery grow to its largest, and it stays so (225 against
 * 155 MiB with a nursery of 32 MiB, for a tenth of a second), as does what a file or a great answer needed. Of each
 * thread that calls it, its own heap. `shareBusy` tells since its last call.
 */
export function giveBackWhenIdle(shareBusy: () => number = sinceLast()): void {
  let left = 0;
  const look = () => {
    const isIdle = shareBusy() < IDLE;
    if (left > 0 && (!isIdle || heapBytes() < left + MUCH_BYTES)) return;
    collect();
    left = heapBytes();
  };
  setTimeout(() => {
    look();
    setInterval(look, EVERY_MS).unref();
  }, AFTER_MS).unref();
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as Collect;
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

const heapBytes = (): number => getHeapStatistics().total_heap_size;

function sinceLast(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
