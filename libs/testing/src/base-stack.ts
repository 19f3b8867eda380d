import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { adminUrl, homeAt, readPorts, secretOf, startStack } from '@caremesh/local';

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, '..', '..', '..');

/** What a spec needs to reach the shared parts; plain values, because it crosses processes. */
export type TestStack = {
  /** A temporary MESH_HOME; it goes when the test run ends. */
  home: string;
  /** Owner's address of the database server. Specs use `testDatabase()`. */
  adminUrl: string;
  kafkaBrokers: string[];
  /** The broker's own listener, for what only it may do (access rules, topics of a test). */
  kafkaInternal: { broker: string; controller: string; password: string };
  registryUrl: string;
  issuer: string;
  tokenUrl: string;
  jwksUrl: string;
};

/** A MESH_HOME under /tmp that PostgreSQL's own user may enter. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'caremesh-test-'));
  chmodSync(home, 0o711);
  return home;
}

/** The caller's environment without any MESH_ variable: a test must not hang on the shell it runs in. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('MESH_')),
  );
}

/** Builds what the stack runs (cached by Nx: seconds at first, then none), unless `npm test` has just done so. */
export function build(projects?: readonly string[]): void {
  if (process.env['CAREMESH_BUILT'] === ROOT) return;
  const node = join(ROOT, 'node_modules', 'node', 'bin', 'node');
  const nx = join(ROOT, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const only = projects ? ['-p', projects.join(',')] : [];
  execFileSync(node, [nx, 'run-many', '-t', 'build', ...only], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NX_DAEMON: 'false', PATH: `${join(node, '..')}:${process.env['PATH']}` },
  });
}

/** Several runs may start at once on one machine: each prefers ports of its own. */
export function randomShift(): number {
  return Math.floor(Math.random() * 200) * 30;
}

/**
 * Starts PostgreSQL, identity, Kafka and the registry under this process, through the very supervisor of
 * `mesh up`, and returns at once: specs wait for the parts they need.
 */
export async function startBase(): Promise<{ stack: TestStack; stop: () => Promise<void> }> {
  const home = homeAt(temporaryHome());
  const running = await startStack({
    root: ROOT,
    home,
    mode: 'test',
    environment: cleanEnvironment(),
    only: ['postgresql', 'identity', 'kafka', 'registry'],
    portShift: randomShift(),
  });
  const ports = readPorts(home.ports);
  const { endpoints, issuer } = running.plan;
  return {
    stack: {
      home: home.root,
      adminUrl: adminUrl(home, ports['postgresql'] ?? 0),
      kafkaBrokers: endpoints.kafkaBrokers.split(','),
      kafkaInternal: {
        broker: `127.0.0.1:${ports['kafka.internal']}`,
        controller: `127.0.0.1:${ports['kafka.controller']}`,
        password: secretOf(home, 'kafka-broker'),
      },
      registryUrl: endpoints.registryUrl,
      ...issuer,
    },
    stop: () => running.stop(),
  };
}
