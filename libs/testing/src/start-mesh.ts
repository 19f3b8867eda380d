import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  down,
  homeAt,
  PATIENCE,
  startStack,
  type Home,
  type Patience,
  type RunningStack,
  type Status,
} from '@caremesh/local';
import { build, cleanEnvironment, randomShift, ROOT, temporaryHome } from './base-stack.js';

// Within the time that vitest gives a hook, so that what was started is stopped again.
const PATIENCE_MS = 300_000;

/** What a `mesh` command answered. */
export type CliResult = { exit: number; stdout: string; stderr: string };

/** A whole mesh of its own for one story: every part, in a home of its own, under this process. */
export type Mesh = {
  home: string;
  status(): Status;
  /** Runs `mesh …` against it, as a user would. */
  cli(...args: string[]): Promise<CliResult>;
  /** The same with `-o json`; fails on any exit code but 0. */
  json<T>(...args: string[]): Promise<T>;
  /** SIGKILL to a component; the supervisor starts it again. */
  kill(component: string): void;
  stop(): Promise<void>;
};

type Options = {
  /** Settings for the services, such as MESH_TOPIC_SEGMENT_MS. */
  environment?: Record<string, string>;
  /** How patient the supervisor is, where a story must not wait for it. */
  patience?: Partial<Patience>;
  /** Only these parts. */
  only?: readonly string[];
};

/** Builds and starts every part, and resolves when all of them are ready. Stop it in `afterAll`. */
export async function startMesh({
  environment = {},
  patience = {},
  only,
}: Options = {}): Promise<Mesh> {
  build();
  const home = homeAt(temporaryHome());
  const running = await startStack({
    root: ROOT,
    home,
    mode: 'test',
    environment: { ...cleanEnvironment(), ...environment },
    only,
    patience: { ...PATIENCE, ...patience },
    portShift: randomShift(),
  });
  const stop = async () => {
    await running.stop();
    if (!process.env['CARE_KEEP_TEST_HOME']) await removeWhole(home);
  };
  await Promise.race([running.ready(), tooLate(running)]).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const cli = (...args: string[]) => runMesh(home.root, args);
  return {
    home: home.root,
    status: () => running.status(),
    cli,
    json: async <T>(...args: string[]) => {
      const { exit, stdout, stderr } = await cli(...args, '-o', 'json');
      if (exit !== 0) throw new Error(`mesh ${args.join(' ')}: exit ${exit}\n${stderr}${stdout}`);
      return JSON.parse(stdout) as T;
    },
    kill: (component) => {
      const pid = running.status().components.find(({ name }) => name === component)?.pid;
      if (pid) process.kill(pid, 'SIGKILL');
    },
    stop,
  };
}

/** Every story's mesh is deleted as a user deletes theirs: what that leaves may be about people, and is an error. */
async function removeWhole(home: Home): Promise<void> {
  await down(home, { volumes: true });
  const left = existsSync(home.root) ? readdirSync(home.root) : [];
  rmSync(home.root, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`Left by \`mesh down --volumes\`: ${left.join(', ')}`);
}

async function tooLate(running: RunningStack): Promise<never> {
  await setTimeout(PATIENCE_MS, undefined, { ref: false });
  const late = running.status().components.filter(({ status }) => status !== 'ready');
  throw new Error(`Not ready in time: ${late.map(({ name }) => name).join(', ')}`);
}

/** Runs the built `mesh` command with a home. */
export function runMesh(home: string, args: readonly string[]): Promise<CliResult> {
  const node = join(ROOT, 'node_modules', 'node', 'bin', 'node');
  const main = join(ROOT, 'apps', 'mesh', 'dist', 'main.js');
  const env = { ...cleanEnvironment(), MESH_HOME: home };
  const options = { cwd: ROOT, env, maxBuffer: 64_000_000, timeout: 300_000 };
  return new Promise((resolve) => {
    execFile(node, [main, ...args], options, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({ exit: Number.isNaN(code) ? 1 : code, stdout, stderr });
    });
  });
}
