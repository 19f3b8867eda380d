import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { adminUrl, homeAt, readPorts, secretOf, type Status } from '@caremesh/local';

const run = promisify(execFile);

export const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');
const MESH = join(ROOT, 'apps', 'mesh', 'bin', 'mesh.js');

/** A whole mesh of its own, started and filled as `npm start` does, in a home of its own. */
export class BenchMesh {
  #status: Status;

  private constructor(
    readonly home: string,
    status: Status,
    readonly startedInMs: number,
  ) {
    this.#status = status;
  }

  /** Addresses and processes, as they were when the mesh was last started by this bench. */
  get status(): Status {
    return this.#status;
  }

  static async start(): Promise<BenchMesh> {
    const home = mkdtempSync(join(tmpdir(), 'caremesh-bench-'));
    chmodSync(home, 0o711);
    const began = Date.now();
    await meshCommand(home, ['up', '--demo', '--detach']);
    const startedInMs = Date.now() - began;
    return new BenchMesh(home, await statusOf(home), startedInMs);
  }

  /** Stops it and starts it again, with what it holds; resolves with the milliseconds of the start. */
  async restart(): Promise<number> {
    await this.command('down');
    const began = Date.now();
    await this.command('up', '--demo', '--detach');
    const taken = Date.now() - began;
    this.#status = await statusOf(this.home);
    return taken;
  }

  /** Runs a `mesh` command against this mesh; resolves with what it prints. */
  command(...args: string[]): Promise<string> {
    return meshCommand(this.home, args);
  }

  async token(user: string): Promise<string> {
    return (await this.command('token', '--as', user)).trim();
  }

  /** Where a domain takes in its files, by method. */
  intake(domain: string, method: 'http' | 'mllp' = 'http'): string {
    const way = this.status.domains
      .find(({ name }) => name === domain)
      ?.intake.find((one) => one.method === method);
    if (!way) throw new Error(`${domain} has no ${method} intake`);
    return way.address;
  }

  /** The broker's own listener and credential: the bench counts and makes peers' topics with it, no product path does. */
  get broker(): { address: string; user: string; password: string } {
    const home = homeAt(this.home);
    return {
      address: `127.0.0.1:${readPorts(home.ports)['kafka.internal']}`,
      user: 'broker',
      password: secretOf(home, 'kafka-broker'),
    };
  }

  /** The database server's owner, for a peer's own database. */
  get databaseUrl(): string {
    const home = homeAt(this.home);
    return adminUrl(home, readPorts(home.ports)['postgresql'] ?? 0);
  }

  /** Proportional set size of all parts together, MiB: shared pages are counted once. */
  memoryMb(): number {
    const pids = this.status.components.flatMap(({ pid }) =>
      pid === null ? [] : [pid, ...descendants(pid)],
    );
    const supervisor = this.status.supervisor?.pid;
    const all = new Set([...pids, ...(supervisor ? [supervisor] : [])]);
    return [...all].reduce((sum, pid) => sum + pssMb(pid), 0);
  }

  async stop(): Promise<void> {
    await this.command('down', '--volumes').catch(() => undefined);
    rmSync(this.home, { recursive: true, force: true });
  }
}

async function statusOf(home: string): Promise<Status> {
  return JSON.parse(await meshCommand(home, ['status', '-o', 'json'])) as Status;
}

async function meshCommand(home: string, args: string[]): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('MESH_')),
  );
  const { stdout } = await run(process.execPath, [MESH, ...args], {
    cwd: ROOT,
    env: { ...env, MESH_HOME: home },
    maxBuffer: 50_000_000,
    timeout: 400_000,
  });
  return stdout;
}

function descendants(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  const children = read(file).trim().split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function pssMb(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
