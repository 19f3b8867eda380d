import { spawn } from 'node:child_process';
import { closeSync, existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeOutsideData } from './components/postgresql.js';
import { withoutLibpq } from './environment.js';
import { StackError, stackErrors } from './errors.js';
import { HOME_ENTRIES, makeHome, type Home } from './home/paths.js';
import { whyNotReady } from './not-ready.js';
import { modeOf } from './plan.js';
import { endLeftovers } from './running-stack.js';
import { readStatus, supervisorOf, type Status } from './status.js';
import { LogBook, type LogMarks } from './supervisor/log-book.js';
import { endProcesses, MARKER, ProcessRegistry } from './supervisor/processes.js';

/** What `mesh up` needs to know. */
type UpOptions = {
  root: string;
  home: Home;
  environment: NodeJS.ProcessEnv;
  /** Told whenever the status changed while the mesh starts. */
  progress?: (status: Status) => void;
  timeoutMs?: number;
};

const LOOK_MS = 200;

/**
 * Starts the supervisor of this home as a process that outlives this one, unless it runs already, and
 * resolves when every part is ready. Nothing of it holds this process's stdin, stdout or stderr.
 * Throws MESH-6002 (not ready in time; it goes on trying), MESH-6003, MESH-6014 or the supervisor's own fault.
 */
export async function up(options: UpOptions): Promise<{ status: Status; started: boolean }> {
  modeOf(options.environment);
  makeHome(options.home);
  const running = supervisorOf(options.home) !== null;
  const supervisor = running ? null : launchSupervisor(options);
  const status = await untilReady(options, supervisor);
  return { status, started: !running };
}

type Launched = { ended: () => boolean; logStart: number; marks: LogMarks };

function launchSupervisor({ root, home, environment }: UpOptions): Launched {
  const logs = new LogBook(home.logs);
  const marks = logs.marks();
  const log = logs.open('supervisor');
  const logStart = readFileSync(logs.fileOf('supervisor')).length;
  const node = join(root, 'node_modules', 'node', 'bin', 'node');
  const main = join(root, 'infra', 'local', 'dist', 'daemon.js');
  const child = spawn(node, ['--enable-source-maps', main], {
    cwd: root,
    // A session of its own: Ctrl-C in this terminal is ours to pass on, not the parts' to receive.
    detached: true,
    stdio: ['ignore', log, log],
    // Marked like its parts: a `down` that comes before it has written its name down finds it all the same.
    env: { ...withoutLibpq(environment), MESH_HOME: home.root, [MARKER]: home.root },
  });
  closeSync(log);
  child.unref();
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  return { ended: () => ended, logStart, marks };
}

async function untilReady(options: UpOptions, launched: Launched | null): Promise<Status> {
  const { home, progress, timeoutMs = 300_000 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const supervisor = supervisorOf(home);
    const status = supervisor === null ? null : readStatus(home);
    const current = status?.supervisor?.pid === supervisor?.pid ? status : null;
    if (current) progress?.(current);
    if (current?.ready) return current;
    // Another `up` may have been quicker by a moment: then ours ended and its supervisor is the one.
    if (launched?.ended() && supervisorOf(home) === null) throw supervisorFault(home, launched);
    if (launched === null && supervisor === null) throw new StackError(stackErrors.supervisorDied);
    if (performance.now() > deadline) throw notReady(home, current, launched?.marks);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The supervisor's own last words, when it could not even begin. */
function supervisorFault(home: Home, { logStart }: Launched): StackError {
  const file = new LogBook(home.logs).fileOf('supervisor');
  const text = readFileSync(file).subarray(logStart).toString('utf8');
  const said = /^FAILED (\{.*\})$/m.exec(text)?.[1];
  const fault = said ? (JSON.parse(said) as { code?: string; message?: string }) : null;
  const entry = Object.values(stackErrors).find(({ code }) => code === fault?.code);
  return new StackError(
    entry ?? stackErrors.supervisorDied,
    fault?.message ?? `${text.trim().split('\n').slice(-10).join('\n')}\n(${file})`,
  );
}

/** What keeps it from being ready; of a mesh that ran already, with what its logs held before. */
function notReady(home: Home, status: Status | null, marks: LogMarks = new Map()): StackError {
  const why = whyNotReady(status?.components ?? [], new LogBook(home.logs), marks);
  return new StackError(stackErrors.notReady, why || undefined);
}

/**
 * Stops the mesh of this home, and whatever an earlier supervisor left of it; with `volumes` all its data
 * goes too. Resolves with false when nothing ran. Throws MESH-6010 when a part will not end.
 */
export async function down(home: Home, options: { volumes?: boolean } = {}): Promise<boolean> {
  const supervisor = supervisorOf(home);
  if (supervisor) {
    await endProcesses([{ component: 'supervisor', ...supervisor }], 180_000);
    rmSync(home.supervisor, { force: true });
  }
  const left = existsSync(home.run)
    ? await endLeftovers(new ProcessRegistry(home.processes), home)
    : 0;
  if (options.volumes) removeData(home);
  return supervisor !== null || left > 0;
}

function removeData(home: Home): void {
  if (!existsSync(home.root)) return;
  removeOutsideData(home);
  for (const entry of HOME_ENTRIES) {
    rmSync(join(home.root, entry), { recursive: true, force: true });
  }
  try {
    rmdirSync(home.root);
  } catch {
    // Something else lies there: it is not ours to delete.
  }
}
