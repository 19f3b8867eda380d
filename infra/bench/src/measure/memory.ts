import { readFileSync } from 'node:fs';

/** Resident memory of a process, MB; 0 for one that has ended and is not yet taken leave of. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
