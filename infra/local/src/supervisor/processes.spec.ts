import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  endProcesses,
  isAlive,
  leftovers,
  MARKER,
  ProcessRegistry,
  residentMb,
  startedAt,
} from './processes.js';

const folder = mkdtempSync(join(tmpdir(), 'caremesh-processes-'));
const children: ReturnType<typeof spawn>[] = [];
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

async function sleeper(env: NodeJS.ProcessEnv = {}, script = 'setInterval(() => {}, 1000)') {
  const child = spawn(process.execPath, ['-e', `console.log(1); ${script}`], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

const file = (name: string) => join(folder, name);

it('knows a process by its pid and its start time together', async () => {
  const pid = await sleeper();
  const started = startedAt(pid) ?? '';
  expect(isAlive({ pid, started })).toBe(true);
  expect(isAlive({ pid, started: started.replace(/\d+$/, '1') })).toBe(false);
});

it('does not take a dead process for a living one', async () => {
  const pid = await sleeper();
  const record = { component: 'a', pid, started: startedAt(pid) ?? '' };
  process.kill(pid, 'SIGKILL');
  expect(await endProcesses([record], 2_000)).toEqual([]);
  expect(startedAt(pid)).toBeNull();
});

it('keeps its record readable by its owner alone', async () => {
  const registry = new ProcessRegistry(file('own.json'));
  const pid = await sleeper();
  registry.add('kafka', pid);
  expect(registry.read()).toEqual([{ component: 'kafka', pid, started: startedAt(pid) }]);
  expect(statSync(file('own.json')).mode & 0o777).toBe(0o600);
  registry.remove(pid);
  expect(registry.read()).toEqual([]);
});

it.each(['', '[{"component": "kaf'])(
  'has no record of processes where it was cut short: %j',
  (text) => {
    writeFileSync(file('cut.json'), text);
    expect(new ProcessRegistry(file('cut.json')).read()).toEqual([]);
  },
);

it('finds what an earlier supervisor left: by record, and unrecorded by its mark', async () => {
  const home = `${folder}/Zoë’s home`;
  const registry = new ProcessRegistry(file('left.json'));
  const recorded = await sleeper();
  registry.add('identity', recorded);
  const marked = await sleeper({ [MARKER]: home });
  await sleeper({ [MARKER]: `${home}-of-somebody-else` });
  const found = leftovers(registry, home).map(({ component, pid }) => [component, pid]);
  expect(found).toEqual([
    ['identity', recorded],
    ['unrecorded', marked],
  ]);
});

it('insists when a process does not end by itself', async () => {
  const pid = await sleeper({}, 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)');
  const record = { component: 'deaf', pid, started: startedAt(pid) ?? '' };
  expect(await endProcesses([record], 300)).toEqual([]);
  expect(isAlive(record)).toBe(false);
});

it('counts the memory that two processes share once', async () => {
  const [parent, child] = [await sleeper(), await sleeper()];
  const mappedMb = (pid: number) =>
    (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4) / 1024;
  const alone = residentMb(parent, new Map()) ?? 0;
  const both = residentMb(parent, new Map([[parent, [child]]])) ?? 0;
  expect(alone).toBeGreaterThan(1);
  expect(both).toBeGreaterThan(alone);
  // Both run the same program: its tens of megabytes are there once.
  expect(both).toBeLessThan(mappedMb(parent) + mappedMb(child) - 10);
  expect(residentMb(2 ** 30, new Map())).toBeNull();
});
