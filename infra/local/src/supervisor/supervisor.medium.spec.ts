import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answersAsBroker, listens } from '../components/answers.js';
import type { Component } from './component.js';
import { LogBook } from './log-book.js';
import { isAlive, ProcessRegistry } from './processes.js';
import { Supervisor, type Snapshot } from './supervisor.js';

/** Real processes that are small: each listens on a port, or ends at once. */
const folder = mkdtempSync(join(tmpdir(), 'caremesh-supervisor-'));
const patience = {
  startMs: 10_000,
  startPollMs: 20,
  watchPollMs: 50,
  lookMs: 500,
  missedLooks: 3,
  stopMs: 2_000,
  hungStopMs: 200,
};
let supervisor: Supervisor | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await supervisor?.stop();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listener(name: string, extra: Partial<Component> = {}): Promise<Component> {
  const port = await freePort();
  return {
    name,
    after: [],
    ports: [port],
    stopSignal: 'SIGTERM',
    launch: () => ({
      file: process.execPath,
      args: ['-e', `require('net').createServer((s) => s.end()).listen(${port}, '127.0.0.1')`],
      env: {},
      cwd: folder,
    }),
    probe: () => listens(port),
    ...extra,
  };
}

const seen: Snapshot[][] = [];
function supervise(components: Component[], startMs = patience.startMs): ProcessRegistry {
  seen.length = 0;
  const registry = new ProcessRegistry(join(folder, `${Math.random()}.json`));
  supervisor = new Supervisor(components, {
    registry,
    logs: new LogBook(join(folder, 'logs')),
    patience: { ...patience, startMs },
    changed: (components) => seen.push(components),
  });
  supervisor.start();
  return registry;
}

const now = (name: string) => supervisor?.snapshot().find((one) => one.name === name);

async function until(condition: () => boolean, ms = 30_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It did not happen in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The sixth field of proc(5) stat, behind a name that may hold blanks. */
function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
}

/** What a process' group of sessions gives way by; null where the kernel makes none. */
function nicenessOfGroup(pid: number): number | null {
  const file = `/proc/${pid}/autogroup`;
  return existsSync(file) ? Number(/ nice (-?\d+)/.exec(readFileSync(file, 'utf8'))![1]) : null;
}

describe('the supervisor', () => {
  it('starts a part only when those it needs are ready', async () => {
    const first = await listener('first');
    const second = await listener('second', { after: ['first'] });
    supervise([second, first]);
    await supervisor?.ready();
    const order = seen.map((parts) => parts.filter(({ pid }) => pid !== null).map((p) => p.name));
    const secondStarts = order.findIndex((names) => names.includes('second'));
    expect(seen[secondStarts]?.find(({ name }) => name === 'first')?.status).toBe('ready');
  });

  it('starts a killed part again, under a new pid, and leaves the others alone', async () => {
    const one = await listener('one');
    const two = await listener('two', { after: ['one'] });
    const registry = supervise([one, two]);
    await supervisor?.ready();
    const before = { one: now('one')?.pid ?? 0, two: now('two')?.pid ?? 0 };
    process.kill(before.one, 'SIGKILL');
    await until(() => now('one')?.status === 'starting');
    await supervisor?.ready();
    expect(now('one')?.pid).not.toBe(before.one);
    expect(now('two')?.pid).toBe(before.two);
    const recorded = registry.read().map(({ pid }) => pid);
    expect(new Set(recorded)).toEqual(new Set([now('one')?.pid, now('two')?.pid]));
  });

  it('ends and starts again a part that no longer answers', async () => {
    let answers = true;
    const deaf = await listener('deaf');
    supervise([{ ...deaf, probe: async () => answers && (await deaf.probe()) }]);
    await supervisor?.ready();
    const before = now('deaf')?.pid;
    answers = false;
    await until(() => now('deaf')?.pid !== before && now('deaf')?.pid !== null);
    answers = true;
    await supervisor?.ready();
    expect(now('deaf')?.status).toBe('ready');
  });

  it('shows a part that hangs as failing, and ends it although it heeds no signal', async () => {
    const port = await freePort();
    const echo = `require('net').createServer((s) => s.pipe(s)).listen(${port}, '127.0.0.1')`;
    const part = await listener('hung', { ports: [port], probe: () => answersAsBroker(port) });
    const launch = () => ({ ...part.launch(), args: ['-e', echo] });
    // Longer than this spec may take: what hangs is not waited for as what is still at work is.
    supervise([{ ...part, launch, stopMs: 600_000 }]);
    await supervisor?.ready();
    const before = now('hung')?.pid ?? 0;
    process.kill(before, 'SIGSTOP');
    await until(() => now('hung')?.status === 'failing');
    expect(now('hung')?.pid).toBe(before);
    // The system takes connections for it all the while: only an answer tells that it lives.
    expect(await listens(port)).toBe(true);
    await until(() => now('hung')?.status === 'ready');
    expect(now('hung')?.pid).not.toBe(before);
  }, 60_000);

  it('leaves a part alone that is alive and waits for another to come back', async () => {
    let serves = true;
    const part = await listener('waiting');
    supervise([{ ...part, probe: async () => serves && (await part.probe()), alive: part.probe }]);
    await supervisor?.ready();
    const before = now('waiting')?.pid;
    serves = false;
    await new Promise((resolve) => setTimeout(resolve, 12 * patience.watchPollMs));
    expect(now('waiting')).toMatchObject({ pid: before, status: 'ready' });
  });

  it('shows a part that keeps dying as failing, goes on trying, and sees it recover', async () => {
    const file = join(folder, 'broken.js');
    writeFileSync(file, 'process.exit(1)');
    const part = await listener('broken');
    const listen = part.launch().args[1] ?? '';
    supervise([{ ...part, launch: () => ({ ...part.launch(), args: [file] }) }]);
    await until(() => now('broken')?.status === 'failing', 60_000);
    writeFileSync(file, listen);
    await until(() => now('broken')?.status === 'ready', 60_000);
    const statuses = seen.map((parts) => parts[0]?.status);
    expect([...new Set(statuses)]).toEqual(['starting', 'failing', 'ready']);
  }, 150_000);

  it('gives no part up because the clock was put forward, and shows none as failing because it was put back', async () => {
    const file = join(folder, 'late');
    const part = await listener('late');
    let looks = 0;
    const probe = async () => (looks++, existsSync(file) && (await part.probe()));
    supervise([{ ...part, probe, alive: part.probe }]);
    await until(() => now('late')?.pid !== null);
    const { pid } = now('late') ?? {};
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      vi.setSystemTime(Date.now() + 3_600_000);
      const seenBefore = looks;
      await vi.waitFor(() => expect(looks).toBeGreaterThan(seenBefore + 3), { timeout: 10_000 });
      writeFileSync(file, '');
      await supervisor?.ready();
      expect(now('late')?.pid).toBe(pid);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not count a part as ready before it is set up', async () => {
    const order: string[] = [];
    const part = await listener('settling', {
      settle: () => {
        order.push(now('settling')?.status ?? '');
        return Promise.resolve();
      },
    });
    supervise([part]);
    await supervisor?.ready();
    expect(order).toEqual(['starting']);
  });

  it('begins a part again whose setting up never comes to an end', async () => {
    let settled = 0;
    const part = await listener('hanging', {
      settle: () => (++settled === 1 ? new Promise<void>(() => undefined) : Promise.resolve()),
    });
    supervise([part], 3_000);
    await until(() => now('hanging')?.status === 'ready', 60_000);
    expect(settled).toBe(2);
  }, 80_000);

  it('ends every part, the dependent ones first, and leaves no process and no record', async () => {
    const one = await listener('one');
    const two = await listener('two', { after: ['one'] });
    const registry = supervise([one, two]);
    await supervisor?.ready();
    const records = registry.read();
    await supervisor?.stop();
    expect(records.map(isAlive)).toEqual([false, false]);
    expect(registry.read()).toEqual([]);
    expect(supervisor?.snapshot().map(({ status }) => status)).toEqual(['stopped', 'stopped']);
    const firstStop = seen.find((parts) => parts.some(({ status }) => status === 'stopped'));
    expect(firstStop?.map(({ status }) => status)).toEqual(['ready', 'stopped']);
  });

  it('has a part that comes behind give way to the others, with every thread it has', async () => {
    const before = await listener('before');
    const behind = await listener('behind');
    const launch = () => ({ ...behind.launch(), niceness: 5 });
    const registry = supervise([before, { ...behind, launch }]);
    await supervisor?.ready();
    const own = getPriority();
    expect(getPriority(now('before')!.pid!)).toBe(own);
    const pid = now('behind')!.pid!;
    const threads = readdirSync(`/proc/${pid}/task`).map(Number);
    expect(threads.length).toBeGreaterThan(1);
    const most = 19;
    const expected = Math.min(own + 5, most);
    expect(new Set(threads.map((thread) => getPriority(thread)))).toEqual(new Set([expected]));
    // It is the part itself, not a process that started it.
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe(realpathSync(process.execPath));
    expect(registry.read().map((one) => one.pid)).toContain(pid);
  });

  it('has each part in a session of its own, of which one that comes behind gives way as a whole', async () => {
    const before = await listener('before');
    const behind = await listener('behind');
    supervise([before, { ...behind, launch: () => ({ ...behind.launch(), niceness: 5 }) }]);
    await supervisor?.ready();
    const pids = [now('before')!.pid!, now('behind')!.pid!];
    expect(pids.map(sessionOf)).toEqual(pids);
    // A kernel without groups of sessions has no such file, for anybody.
    const groups = () => [process.pid, ...pids].map((pid) => nicenessOfGroup(pid));
    const expected = groups()[0] === null ? [null, null, null] : [groups()[0], 0, 5];
    await until(() => isDeepStrictEqual(groups(), expected));
    expect(groups()).toEqual(expected);
  });

  it('starts a part that comes behind as any other where there is no `nice`', async () => {
    const part = await listener('equal');
    vi.stubEnv('PATH', folder);
    supervise([{ ...part, launch: () => ({ ...part.launch(), niceness: 5 }) }]);
    await supervisor?.ready();
    expect(getPriority(now('equal')!.pid!)).toBe(getPriority());
  });

  it('leaves what a part says in its log', async () => {
    const part = await listener('talking');
    const launch = () => ({ ...part.launch(), args: ['-e', 'console.log("hello")'] });
    supervise([{ ...part, launch }]);
    const log = join(folder, 'logs', 'talking.log');
    await until(() => existsSync(log) && readFileSync(log, 'utf8').length > 5);
    expect(readFileSync(log, 'utf8')).toMatch(/^hello\n/);
  });
});
