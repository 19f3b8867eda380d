import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../program.js';
import { memoryIo } from '../spec/memory-io.js';

/** This process as the supervisor of a mesh that is ready and has no governance, so that nothing is demonstrated. */
function runningMesh() {
  const memory = memoryIo();
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const supervisor = { pid: process.pid, since: '2026-03-01T09:00:00.000Z' };
  mkdirSync(join(memory.io.home, 'run'));
  memory.keep('run/supervisor.json', { ...supervisor, started: `${boot}/${ticks}` });
  const url = 'http://127.0.0.1:1';
  memory.keep('status.json', {
    ...{ ready: true, mode: 'test', governance: { url }, registry: { url }, portal: { url: null } },
    kafka: { bootstrap: '127.0.0.1:2' },
    identity: { issuer: url, tokenUrl: `${url}/token`, jwksUrl: `${url}/jwks` },
    domains: [],
    components: [
      { name: 'postgresql', status: 'ready', pid: process.pid, port: 3, ports: [3], rssMb: null },
    ],
    supervisor,
  });
  return memory;
}

it('what has started is one document with -o json, the same as that of mesh status', async () => {
  const { io, out } = runningMesh();
  expect(await run(['up', '--detach', '-o', 'json'], io)).toBe(0);
  const started = JSON.parse(out()) as object;
  expect(started).toMatchObject({ ready: true, components: [{ name: 'postgresql', port: 3 }] });
  const length = out().length;
  expect(await run(['status', '-o', 'json'], io)).toBe(0);
  expect(Object.keys(JSON.parse(out().slice(length)) as object)).toEqual(Object.keys(started));
  rmSync(io.home, { recursive: true });
});

it('for people it is addresses and what to try', async () => {
  const { io, out } = runningMesh();
  expect(await run(['up', '--detach'], io)).toBe(0);
  expect(out()).toContain('\nTry this\n--------\n');
  // Nothing is published in a mesh that was not filled.
  expect(out()).not.toContain('product show');
  rmSync(io.home, { recursive: true });
});

it('parts that nobody keeps running are not called stopped', async () => {
  const { io, out, keep } = runningMesh();
  const { started, ...record } = JSON.parse(
    readFileSync(join(io.home, 'run', 'supervisor.json'), 'utf8'),
  ) as Record<string, unknown>;
  rmSync(join(io.home, 'run', 'supervisor.json'));
  keep('run/processes.json', [{ component: 'postgresql', pid: record['pid'], started }]);
  expect(await run(['status'], io)).toBe(5);
  expect(out()).toMatch(/^Not kept running \(test mode\)\n/);
  expect(out()).toMatch(/^postgresql +ready /m);
  rmSync(io.home, { recursive: true });
});

it('stopping says as data, too, whether anything ran', async () => {
  const { io, out, err } = memoryIo();
  expect(await run(['down', '-o', 'json'], io)).toBe(0);
  expect(JSON.parse(out())).toEqual({ stopped: false, deleted: false });
  expect(err()).toBe('Stopping the mesh.\nNothing was running.\n');
  const people = memoryIo();
  expect(await run(['down'], people.io)).toBe(0);
  expect(people.out()).toBe('');
});
