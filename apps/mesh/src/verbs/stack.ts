import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  down,
  homeAt,
  readStatus,
  stackErrors,
  supervisorOf,
  up,
  type Status,
} from '@caremesh/local';
import type { Command } from 'commander';
import { CliError, cliError, EXIT, meshErrors } from '../errors.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../numbers.js';
import { optionsOf, printValue, type CommonOptions } from '../output.js';
import { checkMachine, doctor } from './doctor.js';
import { asEnvironment, statusTable, summary } from './summary.js';

type UpOptions = {
  detach?: boolean;
  demo?: boolean;
  timeout: number;
  governance?: number;
  disclosure?: number;
};

/** The verbs that start, show and stop the stack: up, status, down, doctor. */
export function registerStack(program: Command, io: Io): void {
  program
    .command('up')
    .description('start the mesh; stays until Ctrl-C, which stops it')
    .option('-d, --detach', 'return when it is ready; `mesh down` stops it')
    .option('--demo', 'fill an empty mesh with the demonstration (not in production mode)')
    .option('--timeout <seconds>', 'how long to wait for it to be ready', wholeNumber, 300)
    .option('--governance <n>', 'how many instances of governance to run side by side', wholeNumber)
    .option('--disclosure <n>', 'how many instances of disclosure to run side by side', wholeNumber)
    .action((_: unknown, command: Command) => runUp(io, optionsOf<UpOptions>(command)));
  program
    .command('status')
    .description('show every part of the mesh, and where it listens')
    .action((_: unknown, command: Command) => showStatus(io, command));
  program
    .command('down')
    .description('stop the mesh')
    .option('--volumes', 'and delete its data, secrets and people')
    .action((_: unknown, command: Command) => runDown(io, command));
  program
    .command('doctor')
    .description('look for what keeps a mesh from running here')
    .action((_: unknown, command: Command) => doctor(io, optionsOf(command)));
}

async function runUp(io: Io, options: UpOptions & CommonOptions): Promise<void> {
  const home = homeAt(io.home);
  if (supervisorOf(home) === null) {
    checkMachine(io);
    fetchPrograms(io);
  }
  const begun = Date.now();
  const signals = options.detach ? null : stopOnce(io);
  const { status, started } = await up({
    root: io.root,
    home,
    environment: environmentOf(io, options),
    progress: progressOf(io, begun),
    timeoutMs: options.timeout * 1_000,
  }).catch((error: unknown) => {
    // Whoever stops the mesh while it starts is told that it was stopped, not that it could not start.
    if (signals?.isStopping()) return forEver;
    throw error;
  });
  io.stderr(started ? `Ready after ${since(begun)}.\n` : 'Running already.\n');
  // A mesh of some of its parts may have nobody who could decide.
  const canDecide = status.components.some(({ name }) => name.startsWith('governance'));
  const { demo = false } = options;
  if (status.mode !== 'production' && canDecide) await demonstrate(beside(io, options), demo);
  const now = readStatus(home) ?? status;
  printValue(io, options, now, () => summary(io, now, demo && canDecide));
  if (!options.detach) await untilStopped(io);
  signals?.forget();
}

/** With `-o json` standard output is one document: what is shown on the way there goes beside it. */
const beside = (io: Io, { output }: CommonOptions): Io =>
  output === 'json' ? { ...io, stdout: io.stderr } : io;

/** Never comes: the process ends first. */
const forEver = new Promise<never>(() => undefined);

function environmentOf({ env }: Io, { governance, disclosure }: UpOptions): NodeJS.ProcessEnv {
  return {
    ...env,
    ...(governance && { MESH_GOVERNANCE_INSTANCES: String(governance) }),
    ...(disclosure && { MESH_DISCLOSURE_INSTANCES: String(disclosure) }),
  };
}

/** The broker and the registry come from Maven; `npm start` fetched them, a bare `mesh up` may have to. */
function fetchPrograms(io: Io): void {
  const script = join(io.root, 'infra', 'local', 'fetch-jars.mjs');
  const done = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (done.status !== 0) {
    const detail = done.stderr.trim().split('\n').slice(-12).join('\n');
    const { code, title, fix, exit } = stackErrors.fetchFailed;
    throw new CliError({ code, title, detail, fix, exit });
  }
}

/** Tells of every part once, when it becomes ready, with the seconds it took. */
function progressOf(io: Io, begun: number): (status: Status) => void {
  const told = new Map<string, string>();
  return ({ components }) => {
    for (const { name, status, port } of components) {
      if (told.get(name) === status || status === 'starting') continue;
      told.set(name, status);
      const place = status === 'ready' && port !== null ? `127.0.0.1:${port}` : '';
      io.stderr(`  ${since(begun).padStart(6)}  ${name.padEnd(12)} ${status.padEnd(8)} ${place}\n`);
    }
  };
}

function since(begun: number): string {
  return `${((Date.now() - begun) / 1_000).toFixed(1)} s`;
}

/** What seeded people decide to show the mesh: always what individual care is tried under, the rest if asked for. */
async function demonstrate(io: Io, all: boolean): Promise<void> {
  const { alone } = await import('../demo/alone.js');
  await alone(io, async () => {
    const { agreeOnCare } = await import('../demo/agreement.js');
    await agreeOnCare(io);
    if (!all) return;
    const { loadDemo } = await import('../demo/load.js');
    await loadDemo(io);
  });
}

/** Ctrl-C, a closed terminal or a polite kill stop the mesh, at any moment, once. */
function stopOnce(io: Io): { isStopping: () => boolean; forget: () => void } {
  let stopping = false;
  const listener = () => {
    if (stopping) return;
    stopping = true;
    void stop(io, false).then(
      () => process.exit(EXIT.ok),
      (error: unknown) => {
        io.stderr(`${String(error)}\n`);
        process.exit(EXIT.unavailable);
      },
    );
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  return {
    isStopping: () => stopping,
    forget: () => signals.forEach((signal) => process.off(signal, listener)),
  };
}

/** Returns when the mesh is gone, or the launcher of this command is: whoever kills that keeps the mesh, not us. */
async function untilStopped(io: Io): Promise<void> {
  const home = homeAt(io.home);
  const launcher = process.ppid;
  while (supervisorOf(home) !== null) {
    if (process.ppid !== launcher) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  io.stderr('The mesh was stopped.\n');
}

async function runDown(io: Io, command: Command): Promise<void> {
  const options = optionsOf<{ volumes?: boolean }>(command);
  const { volumes = false } = options;
  const stopped = await stop(io, volumes);
  // For people it is said beside the data, of which there is none.
  if (options.output === 'json') printValue(io, options, { stopped, deleted: volumes }, String);
}

async function stop(io: Io, volumes: boolean): Promise<boolean> {
  io.stderr('Stopping the mesh.\n');
  const ran = await down(homeAt(io.home), { volumes });
  const data = volumes ? ' Its data is deleted.' : '';
  io.stderr(`${ran ? 'Stopped.' : 'Nothing was running.'}${data}\n`);
  return ran;
}

function showStatus(io: Io, command: Command): void {
  const options = optionsOf(command);
  const status = readStatus(homeAt(io.home));
  if (status === null)
    throw cliError(meshErrors.notRunning, `No mesh was ever started in ${io.home}.`);
  if (options.output === 'env') io.stdout(asEnvironment(status));
  else printValue(io, options, status, statusTable);
  const fault = notKept(status);
  if (fault) throw cliError(fault);
}

/** What is wrong with a mesh that nobody keeps running. */
function notKept({ supervisor, components }: Status) {
  if (supervisor !== null) return null;
  return components.some(({ pid }) => pid !== null)
    ? meshErrors.unsupervised
    : meshErrors.notRunning;
}

/** An error as it is to be told here: that a part does not answer is no wonder where the mesh was stopped. */
export function asItStands(io: Io, error: unknown): unknown {
  if (!(error instanceof CliError) || error.code !== meshErrors.unreachable.code) return error;
  const status = readStatus(homeAt(io.home));
  const fault = status && notKept(status);
  return fault ? cliError(fault, error.message, error) : error;
}
