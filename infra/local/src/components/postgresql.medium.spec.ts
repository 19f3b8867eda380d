import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { homeAt } from '../home/paths.js';
import { choosePorts } from '../home/ports.js';
import { secretOf } from '../home/secrets.js';
import { LogBook } from '../supervisor/log-book.js';
import { MARKER, ProcessRegistry } from '../supervisor/processes.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { adminUrl, postgresql } from './postgresql.js';

/** A database server of its own, from its first moment on. */
const home = homeAt(mkdtempSync(join(tmpdir(), 'caremesh-postgresql-')));
const DATABASES = ['mesh_one', 'mesh_two'].map((name) => ({ name, makesRoles: false }));
const INSUFFICIENT_PRIVILEGE = '42501';
let port: number;
let supervisor: Supervisor;

beforeAll(async () => {
  chmodSync(home.root, 0o711);
  ({ port = 0 } = await choosePorts(['port'], {}, { shift: 5_000 }));
});
afterAll(async () => {
  await supervisor?.stop();
  rmSync(home.root, { recursive: true });
});

/** Processes that work on this home, whoever started them and whoever they run as. */
const working = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => said(`/proc/${pid}/cmdline`).includes(home.root));

/** One that ended in between is as good as killed. */
function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function said(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

describe('PostgreSQL', () => {
  it('makes its data anew where the first start was cut short, and marks who makes it as the mesh’s', async () => {
    const built = (name: string) =>
      JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../dist', name)).href);
    const script = `
      const { homeAt } = await import(${built('home/paths.js')});
      const { postgresql } = await import(${built('components/postgresql.js')});
      const home = homeAt(${JSON.stringify(home.root)});
      await postgresql(home, ${port}, [], { ${MARKER}: home.root }).prepare();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const version = join(home.data, 'postgresql', 'PG_VERSION');
    await vi.waitFor(() => expect(existsSync(version)).toBe(true), {
      timeout: 60_000,
      interval: 2,
    });
    const makers = working().filter((pid) => Number(pid) !== child.pid);
    const marks = makers.map((pid) =>
      said(`/proc/${pid}/environ`).includes(`${MARKER}=${home.root}`),
    );
    for (const pid of working()) killed(Number(pid));
    await ended;
    await vi.waitFor(() => expect(working()).toEqual([]), { timeout: 10_000 });
    expect(makers).not.toEqual([]);
    expect(new Set(marks)).toEqual(new Set([true]));

    supervisor = new Supervisor([postgresql(home, port, DATABASES, {})], {
      registry: new ProcessRegistry(home.processes),
      logs: new LogBook(home.logs),
    });
    supervisor.start();
    await supervisor.ready();
    // The file with the first password is gone with the need for it.
    expect(readdirSync(home.data)).toEqual(['postgresql']);
  }, 120_000);

  it('lets a role into its own database and into none that the server brought along', async () => {
    const at = async (database: string) => {
      const password = secretOf(home, 'db-mesh_one');
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'mesh_one',
        password,
        database,
      });
      return client.connect().then(
        () => client.end().then(() => 'in'),
        (error: { code?: string }) => error.code,
      );
    };
    const outcomes = async () =>
      Promise.all(['mesh_one', 'mesh_two', 'postgres', 'template1', 'template0'].map(at));
    const out = INSUFFICIENT_PRIVILEGE;
    expect(await outcomes()).toEqual(['in', out, out, out, expect.any(String)]);
    // As a start leaves it that is cut short once the database is made.
    const admin = new pg.Client({ connectionString: adminUrl(home, port) });
    await admin.connect();
    await admin.query('GRANT CONNECT, TEMPORARY ON DATABASE mesh_two TO PUBLIC');
    await admin.end();
    expect((await outcomes())[1]).toBe('in');
    await postgresql(home, port, DATABASES, {}).settle?.();
    expect((await outcomes())[1]).toBe(out);
  });
});
