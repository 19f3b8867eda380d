import { readdirSync, readFileSync } from 'node:fs';
import { readWhole, writeWhole } from '../home/paths.js';

/**
 * A process of ours, recognisable after any crash: a pid alone may belong to somebody else by now, a pid
 * with its start time (and the boot it was in) cannot.
 */
export type ProcessRecord = { component: string; pid: number; started: string };

/** Every process of a mesh carries its home in this variable, so leftovers are found even unrecorded. */
export const MARKER = 'CAREMESH_STACK';

/** Start time of a running process with the boot it belongs to, null when there is no such process. */
export function startedAt(pid: number): string | null {
  try {
    // Field 22 of /proc/<pid>/stat; the name before it may hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended and waits for its parent only.
    if (fields[0] === 'Z') return null;
    return `${bootId()}/${fields[19]}`;
  } catch {
    return null;
  }
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

/** True when this very process still runs. */
export function isAlive(record: Pick<ProcessRecord, 'pid' | 'started'>): boolean {
  return startedAt(record.pid) === record.started;
}

/** The record of processes in MESH_HOME/run, rewritten at every start and end of one. */
export class ProcessRegistry {
  constructor(private readonly file: string) {}

  read(): ProcessRecord[] {
    return readWhole<ProcessRecord[]>(this.file) ?? [];
  }

  add(component: string, pid: number): void {
    const started = startedAt(pid);
    if (started !== null) this.write([...this.read(), { component, pid, started }]);
  }

  remove(pid: number): void {
    this.write(this.read().filter((record) => record.pid !== pid));
  }

  private write(records: ProcessRecord[]): void {
    writeWhole(this.file, JSON.stringify(records, null, 2));
  }
}

/** Processes of this mesh that run without a supervisor: recorded ones, and any that carries the mark. */
export function leftovers(registry: ProcessRegistry, home: string): ProcessRecord[] {
  const recorded = registry.read().filter(isAlive);
  const seen = new Set([process.pid, ...recorded.map(({ pid }) => pid)]);
  const marked = markedProcesses(home).filter(({ pid }) => !seen.has(pid));
  return [...recorded, ...marked];
}

function markedProcesses(home: string): ProcessRecord[] {
  // Read byte by byte, so that it is compared so too.
  const mark = Buffer.from(`${MARKER}=${home}\0`).toString('latin1');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environOf(pid).includes(mark))
    .flatMap((pid) => {
      const started = startedAt(pid);
      return started === null ? [] : [{ component: 'unrecorded', pid, started }];
    });
}

function environOf(pid: number): string {
  try {
    return `${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`;
  } catch {
    // Ended meanwhile, or another user's: not ours.
    return '';
  }
}

/** Ends processes: asks first (SIGTERM; SIGINT makes PostgreSQL stop fast), then insists. */
export async function endProcesses(
  records: readonly ProcessRecord[],
  patienceMs = 10_000,
): Promise<ProcessRecord[]> {
  for (const record of records) {
    signal(record, record.component === 'postgresql' ? 'SIGINT' : 'SIGTERM');
  }
  if (await gone(records, patienceMs)) return [];
  for (const record of records) signal(record, 'SIGKILL');
  await gone(records, 5_000);
  return records.filter(isAlive);
}

function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isAlive(record)) return;
  try {
    process.kill(record.pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

async function gone(records: readonly ProcessRecord[], patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs;
  while (records.some(isAlive)) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

/**
 * Resident memory of a process and its children, MB; null when it is not there. A page that several share counts
 * once among them (proportional set size): every one of PostgreSQL's processes maps the same buffers.
 */
export function residentMb(pid: number, children: ReadonlyMap<number, number[]>): number | null {
  const own = residentKb(pid);
  if (own === null) return null;
  const all = (children.get(pid) ?? []).reduce((sum, child) => sum + (residentKb(child) ?? 0), own);
  return Math.round(all / 1024);
}

function residentKb(pid: number): number | null {
  return proportionalKb(pid) ?? mappedKb(pid);
}

function proportionalKb(pid: number): number | null {
  try {
    const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
    return found ? Number(found[1]) : null;
  } catch {
    // Another user's, which only root may look at; or gone.
    return null;
  }
}

function mappedKb(pid: number): number | null {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    return pages * 4;
  } catch {
    return null;
  }
}

/** Children of every process, by parent. */
export function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
