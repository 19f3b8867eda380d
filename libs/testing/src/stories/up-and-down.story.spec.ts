import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '@caremesh/local';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { build, cleanEnvironment, ROOT, temporaryHome } from '../base-stack.js';

/** The life of a stack as its user sees it, on the smallest part that shows it: PostgreSQL alone. */
type Run = { exit: number | null; stdout: string; stderr: string };

const LAUNCHER = join(ROOT, 'apps', 'mesh', 'bin', 'mesh.js');

function environmentOf(home: string): NodeJS.ProcessEnv {
  return { ...cleanEnvironment(), MESH_HOME: home, MESH_ONLY: 'postgresql' };
}

/** Runs `mesh …` and waits until nothing holds its output any more, which is later than its end. */
function mesh(home: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<Run> {
  const env = { ...environmentOf(home), ...more };
  const child = spawn(process.execPath, [LAUNCHER, ...args], { env, stdio: 'pipe' });
  const run: Run = { exit: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (run.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (run.stderr += text.toString()));
  return new Promise((resolve) => child.on('close', (exit) => resolve({ ...run, exit })));
}

async function statusOf(home: string): Promise<Status> {
  return JSON.parse((await mesh(home, ['status', '-o', 'json'])).stdout) as Status;
}

/** Processes that carry this home's mark: the parts and their supervisor. PostgreSQL's children rewrite their environment, its own does not. */
function marked(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environOf(pid).split('\0').includes(`CAREMESH_STACK=${home}`));
}

function environOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

const pidOf = ({ components }: Status) => components[0]?.pid ?? 0;
const portOf = ({ components }: Status) => components[0]?.port ?? 0;

beforeAll(() => build());

describe('a mesh', () => {
  const home = temporaryHome();
  afterAll(() => mesh(home, ['down', '--volumes']));

  it('is ready when `up --detach` returns, and holds none of its caller’s pipes', async () => {
    // The shell of an analyst who reads by SQL speaks of another database, and how to speak with it.
    const shell = { PGHOST: 'db.example', PGSSLMODE: 'prefer', PGOPTIONS: '-c search_path=theirs' };
    const up = await mesh(home, ['up', '--detach', '--timeout', '60'], shell);
    expect([up.exit, up.stderr]).toEqual([0, expect.stringContaining('Ready after')]);
    const status = await statusOf(home);
    expect(status.ready).toBe(true);
    expect(status.components.map(({ name, status: is }) => [name, is])).toEqual([
      ['postgresql', 'ready'],
    ]);
  });

  it('keeps every secret from other users', () => {
    for (const folder of ['secrets', 'keys', 'run']) {
      expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(join(home, folder))) {
        expect([name, statSync(join(home, folder, name)).mode & 0o777]).toEqual([name, 0o600]);
      }
    }
    expect(statSync(join(home, 'people.json')).mode & 0o777).toBe(0o600);
  });

  it('is left as it is by a second `up`', async () => {
    const before = await statusOf(home);
    const up = await mesh(home, ['up', '--detach']);
    const after = await statusOf(home);
    expect([up.exit, pidOf(after), after.supervisor]).toEqual([
      0,
      pidOf(before),
      before.supervisor,
    ]);
    expect(up.stderr).toMatch(/Running already/);
  });

  it('leaves no orphan when its supervisor is killed and it is started again', async () => {
    const before = await statusOf(home);
    process.kill(before.supervisor?.pid ?? 0, 'SIGKILL');
    // It is gone when the kernel has ended it, not when the signal was sent.
    await expect.poll(() => marked(home), { timeout: 10_000 }).toEqual([pidOf(before)]);
    expect(await statusOf(home)).toMatchObject({
      ...{ ready: false, supervisor: null },
      components: [{ name: 'postgresql', status: 'ready', pid: pidOf(before) }],
    });
    expect((await mesh(home, ['status'])).stderr).toMatch(
      /nothing keeps them running[\s\S]*MESH-6514/,
    );
    expect((await mesh(home, ['doctor'])).stdout).toMatch(/MISSING\s+Supervisor of the mesh/);
    expect((await mesh(home, ['up', '--detach'])).exit).toBe(0);
    const after = await statusOf(home);
    expect(pidOf(after)).not.toBe(pidOf(before));
    expect(new Set(marked(home))).toEqual(new Set([after.supervisor?.pid, pidOf(after)]));
  });

  it('starts a part again that dies while nothing can be written down, and says so once it can be', async () => {
    const before = await statusOf(home);
    const files = [join(home, 'status.json'), join(home, 'run', 'processes.json')];
    // No file can take the place of a folder: as on a full disk, every writing of these two fails.
    const texts = files.map((file) => readFileSync(file));
    for (const file of files) rmSync(file);
    for (const file of files) mkdirSync(file);
    process.kill(pidOf(before), 'SIGKILL');
    const known = [before.supervisor?.pid, pidOf(before)];
    const started = () => marked(home).filter((pid) => !known.includes(pid));
    await expect.poll(() => started().length, { timeout: 30_000 }).toBe(1);
    for (const file of files) rmdirSync(file);
    files.forEach((file, at) => writeFileSync(file, texts[at] ?? ''));
    const after = async () => {
      const status = await statusOf(home);
      return { ...status, isNew: started().includes(pidOf(status)) };
    };
    await expect
      .poll(after, { timeout: 30_000 })
      .toMatchObject({ ready: true, isNew: true, supervisor: before.supervisor });
  });

  it('ends with `down`, also when its supervisor had been killed before', async () => {
    const before = await statusOf(home);
    process.kill(before.supervisor?.pid ?? 0, 'SIGKILL');
    expect((await mesh(home, ['down'])).exit).toBe(0);
    expect(marked(home)).toEqual([]);
    expect((await mesh(home, ['status'])).exit).toBe(5);
    expect((await mesh(home, ['down'])).exit).toBe(0);
  });

  it('goes round a port that somebody took meanwhile, and keeps its data', async () => {
    const port = portOf(JSON.parse(readFileSync(join(home, 'status.json'), 'utf8')) as Status);
    const squatter = createServer().listen(port, '127.0.0.1');
    // Also when the test fails: those after it want the port.
    onTestFinished(() => void squatter.close());
    await new Promise((resolve) => squatter.once('listening', resolve));
    expect((await mesh(home, ['up', '--detach'])).exit).toBe(0);
    expect(portOf(await statusOf(home))).not.toBe(port);
    await mesh(home, ['down']);
  });

  it.each([
    ['its launcher', process.execPath, [LAUNCHER, 'up']],
    ['npm, which runs its launcher through a shell,', 'npx', ['mesh', 'up']],
  ])(
    'keeps no watcher when %s is killed, and is found running by the next `up`',
    async (_, file, args) => {
      const env = environmentOf(home);
      const child = spawn(file, args, { env, cwd: ROOT, stdio: ['ignore', 'pipe', 2] });
      // The closing block is printed when everything runs.
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await Promise.race([new Promise((resolve) => child.stdout?.once('data', resolve)), ended]);
      expect(child.exitCode).toBe(null);
      const before = await statusOf(home);
      child.kill('SIGKILL');
      // The pipe closes only when the command behind the launcher is gone too.
      await new Promise((resolve) => child.stdout?.once('close', resolve));
      expect((await mesh(home, ['up', '--detach'])).stderr).toMatch(/Running already/);
      expect(pidOf(await statusOf(home))).toBe(pidOf(before));
      expect((await mesh(home, ['down'])).exit).toBe(0);
      expect(marked(home)).toEqual([]);
    },
  );

  it('stops with a Ctrl-C that comes before anything of it has started', async () => {
    const child = spawn(process.execPath, [LAUNCHER, 'up'], {
      env: environmentOf(home),
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    while (marked(home).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(marked(home)).toEqual([]);
  });

  it('stops with the terminal it runs in', async () => {
    const env = environmentOf(home);
    const child = spawn(process.execPath, [LAUNCHER, 'up'], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    while (!(existsSync(join(home, 'status.json')) && (await statusOf(home)).ready)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(marked(home)).toEqual([]);
  });
});

describe('a mesh behind a folder nobody else may enter, of a user whose files nobody else may read', () => {
  const isRoot = process.getuid?.() === 0;
  const closed = mkdtempSync(join(tmpdir(), 'caremesh-closed-'));
  const open = mkdtempSync(join(tmpdir(), 'caremesh-open-'));
  const outside = join(open, 'made', 'here');
  const home = join(closed, 'mesh');
  afterAll(() => [closed, open].forEach((one) => rmSync(one, { recursive: true, force: true })));

  it('starts all the same, and takes its data with it when it is deleted', async () => {
    chmodSync(closed, 0o700);
    chmodSync(open, 0o755);
    const environment = { MESH_POSTGRES_ROOT: outside };
    const umask = process.umask(0o077);
    const up = await mesh(home, ['up', '--detach'], environment).finally(() =>
      process.umask(umask),
    );
    expect([up.exit, up.stderr]).toEqual([0, expect.stringContaining('Ready after')]);
    // PostgreSQL does not run as root, and who it then runs as cannot come in here.
    expect(existsSync(join(home, 'data', 'postgresql'))).toBe(!isRoot);
    const kept = () => (existsSync(outside) ? readdirSync(outside) : []);
    const data = (name: string) => !name.startsWith('postgresql-');
    expect(kept().filter(data)).toHaveLength(isRoot ? 1 : 0);
    expect((await mesh(home, ['down', '--volumes'], environment)).exit).toBe(0);
    expect(kept().filter(data)).toEqual([]);
    expect(existsSync(home)).toBe(false);
  });
});

describe('a mode there is not', () => {
  it('is refused at once, and is not taken for development', async () => {
    const home = temporaryHome();
    const up = await mesh(home, ['up', '--detach'], { MESH_MODE: 'prod' });
    expect([up.exit, up.stderr]).toEqual([2, expect.stringMatching(/"prod"[\s\S]*MESH-6014/)]);
    expect(readdirSync(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });
});
