import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns at once when the signal is given. Never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Waits that double from `first` up to `most`, with a quarter of chance so that consumers do not march in step. */
export function backOff(attempt: number, first: number, most: number): number {
  const full = Math.min(first * 2 ** attempt, most);
  return full * (0.75 + Math.random() * 0.25);
}

// PostgreSQL: connection lost, shut down, too many connections, serialisation, deadlock, out of memory or disk, a disk that
// fails; and one that takes no writes, as the former first of several does when another has taken over.
const STATES = /^(08...|57P0[1235]|53...|58...|40001|40P01|25006)$/;
const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET)/;
const WORDS =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|client has encountered/i;

/**
 * True for an error that says nothing about the record: something the handler needs is away and will come back.
 * Such an error is waited out for as long as it takes; giving the record up would be wrong.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, retriable } = error as Error & { code?: unknown; retriable?: unknown };
  if (retriable === true) return true;
  if (typeof code === 'string' && (STATES.test(code) || SOCKET.test(code))) return true;
  return WORDS.test(error.message);
}
