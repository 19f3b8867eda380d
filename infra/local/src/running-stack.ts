import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError, stackErrors } from './errors.js';
import { makeHome, type Home } from './home/paths.js';
import { describeDomain, intakeOf, type Intake } from './intake.js';
import { planStack, type Plan, type PlanOptions } from './plan.js';
import { statusOf, supervisorIn, supervisorOf, writeStatus, type Status } from './status.js';
import { LogBook } from './supervisor/log-book.js';
import {
  endProcesses,
  leftovers,
  ProcessRegistry,
  startedAt,
  type ProcessRecord,
} from './supervisor/processes.js';
import type { Patience } from './supervisor/runner.js';
import { Supervisor } from './supervisor/supervisor.js';

const ATTEMPTS = 5;
const PAUSE_MS = 1_000;

export type StackOptions = PlanOptions & { patience?: Patience; say?: (line: string) => void };

/** A mesh that this process keeps running. */
export type RunningStack = {
  plan: Plan;
  /** Resolves when every part is ready. */
  ready(): Promise<void>;
  status(): Status;
  stop(): Promise<void>;
};

/**
 * Starts the mesh under this process and returns at once; `ready()` tells when it serves. First ends what
 * an earlier supervisor of the same home left behind. Throws MESH-6007 when one is still running.
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const { home, mode } = options;
  makeHome(home);
  const since = new Date().toISOString();
  takeHome(home, since);
  const registry = new ProcessRegistry(home.processes);
  const planning = async () => {
    await endLeftovers(registry, home);
    return planStack(options);
  };
  const plan = await planning().catch((error: unknown) => {
    leaveHome(home);
    throw error;
  });
  const intake = new Map<string, Intake[]>();
  const own = { pid: process.pid, since };
  const status = () => statusOf(plan, mode, supervisor.snapshot(), intake, own);
  const told = toldInTime(() => writeStatus(home, status()), options.say);
  const supervisor = new Supervisor(plan.components, {
    registry,
    logs: new LogBook(home.logs, options.say),
    patience: options.patience,
    changed: told.now,
  });
  told.now();
  supervisor.start();
  const described = describeAll(plan, options.root, intake, told.now);
  return {
    plan,
    status,
    ready: async () => {
      await Promise.all([supervisor.ready(), described]);
    },
    stop: async () => {
      await supervisor.stop();
      told.noMore();
      // Without a supervisor it says the same to whoever reads it.
      attempt(
        () => writeStatus(home, { ...status(), ready: false, supervisor: null }),
        options.say,
      );
      leaveHome(home);
    },
  };
}

/** Writes at once; what cannot be written, for want of room, is written as soon as it can be, and holds nothing up. */
function toldInTime(write: () => void, say?: (line: string) => void) {
  let again: NodeJS.Timeout | undefined;
  const now = () => {
    clearTimeout(again);
    if (!attempt(write, say)) again = setTimeout(now, PAUSE_MS).unref();
  };
  return { now, noMore: () => clearTimeout(again) };
}

function attempt(write: () => void, say: (line: string) => void = () => undefined): boolean {
  try {
    write();
    return true;
  } catch (error) {
    say(`${new Date().toISOString()} supervisor: not written: ${String(error)}\n`);
    return false;
  }
}

/** Fills in each domain's ways in; the domains start meanwhile. */
async function describeAll(
  plan: Plan,
  root: string,
  intake: Map<string, Intake[]>,
  changed: () => void,
): Promise<void> {
  const node = join(root, 'node_modules', 'node', 'bin', 'node');
  for (const { name, url, ports } of plan.domains) {
    const main = join(root, 'apps', name, 'dist', 'main.js');
    const described = await patiently(() => describeDomain(node, main));
    if (described) intake.set(name, intakeOf(url, ports, described));
    changed();
  }
}

/** A definition that cannot be read now (a busy machine, a build under way) is read again before it is given up. */
async function patiently<T>(read: () => Promise<T | null>): Promise<T | null> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    const found = await read();
    if (found) return found;
    await sleep(PAUSE_MS);
  }
  return read();
}

/** Makes this process the supervisor of the home, or throws MESH-6007. */
function takeHome(home: Home, since: string): void {
  const draft = `${home.supervisor}.${process.pid}`;
  const record = { pid: process.pid, started: startedAt(process.pid), since };
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  try {
    setStaleRecordAside(home);
    // A link is made whole or not at all, and fails when somebody else was first.
    linkSync(draft, home.supervisor);
  } catch (cause) {
    throw new StackError(stackErrors.busy, home.root, cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Takes away what a supervisor that is gone wrote of itself. Renamed before it is judged: of two that start at
 * once one alone gets hold of it, and what turns out to be the other's own new record is put back.
 */
function setStaleRecordAside(home: Home): void {
  if (!existsSync(home.supervisor) || supervisorOf(home) !== null) return;
  const aside = `${home.supervisor}.${process.pid}.old`;
  try {
    renameSync(home.supervisor, aside);
    if (supervisorIn(aside) !== null) linkSync(aside, home.supervisor);
  } finally {
    rmSync(aside, { force: true });
  }
}

function leaveHome(home: Home): void {
  rmSync(home.supervisor, { force: true });
}

/**
 * Ends processes of this home that nobody supervises, and gives how many there were. Looks again until there are
 * none: a supervisor that was only just starting may have started a part meanwhile. Throws MESH-6010 when one
 * will not end.
 */
export async function endLeftovers(registry: ProcessRegistry, home: Home): Promise<number> {
  let ended = 0;
  for (;;) {
    const found = leftovers(registry, home.root);
    if (found.length === 0) break;
    await endAll(found);
    ended += found.length;
  }
  rmSync(home.processes, { force: true });
  return ended;
}

async function endAll(found: ProcessRecord[]): Promise<void> {
  const alive = await endProcesses(found);
  if (alive.length > 0) {
    const names = alive.map(({ component, pid }) => `${component} (pid ${pid})`);
    throw new StackError(stackErrors.stillRunning, names.join(', '));
  }
}
