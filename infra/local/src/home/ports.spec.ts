import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startedAt } from '../supervisor/processes.js';
import { PortClaims } from './port-claims.js';
import { choosePorts, portIsFree, PREFERRED, readPorts } from './ports.js';

const free = () => Promise.resolve(true);
const taken =
  (...ports: number[]) =>
  (port: number) =>
    Promise.resolve(!ports.includes(port));

it('takes the preferred ports when they are free', async () => {
  const ports = await choosePorts(['governance', 'kafka.client'], {}, { take: free });
  expect(ports).toEqual({
    governance: PREFERRED['governance'],
    'kafka.client': PREFERRED['kafka.client'],
  });
});

it('goes round a port somebody else has', async () => {
  const ports = await choosePorts(['governance'], {}, { take: taken(24_100, 24_101) });
  expect(ports).toEqual({ governance: 24_102 });
});

it('keeps last time’s port, and takes another when it is gone', async () => {
  const kept = { governance: 25_000, identity: 25_001 };
  const ports = await choosePorts(['governance', 'identity'], kept, { take: taken(25_001) });
  expect(ports).toEqual({ governance: 25_000, identity: PREFERRED['identity'] });
});

it('gives no port to two parts, and a kept one to its keeper', async () => {
  const ports = await choosePorts(['a', 'b', 'c'], { c: 24_210 }, { take: free });
  expect(ports).toEqual({ a: 24_211, b: 24_212, c: 24_210 });
});

it('says so when none is free', async () => {
  const none = () => Promise.resolve(false);
  await expect(choosePorts(['a'], {}, { take: none })).rejects.toMatchObject({
    code: 'MESH-6004',
  });
});

it('sees a listener on all addresses as an occupied port', async () => {
  const server = createServer().listen(0, '0.0.0.0');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  expect(await portIsFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await portIsFree(port)).toBe(true);
});

it('leaves a port to the living process that claimed it first, and to no dead one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-claims-'));
  const claims = new PortClaims(folder);
  expect(claims.claim(25_000)).toBe(true);
  expect(claims.claim(25_000)).toBe(true);
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const pid = other.pid ?? 0;
  writeFileSync(join(folder, '25001'), JSON.stringify({ pid, started: startedAt(pid) }));
  expect(claims.claim(25_001)).toBe(false);
  other.kill('SIGKILL');
  await new Promise((resolve) => other.once('exit', resolve));
  expect(claims.claim(25_001)).toBe(true);
});

it('goes round a claim that it may not take away, and through no link that somebody laid', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-claims-'));
  const claims = new PortClaims(folder);
  // Nobody may remove it as one removes a file, as nobody but its owner may remove a file of a folder with the sticky bit.
  mkdirSync(join(folder, '25000'));
  expect(claims.claim(25_000)).toBe(false);
  const victim = join(folder, 'victim');
  symlinkSync(victim, join(folder, `25001.${process.pid}`));
  expect(claims.claim(25_001)).toBe(true);
  expect(existsSync(victim)).toBe(false);
});

it.each(['', '{"governance": 24'])('chooses anew where what was kept was cut short: %j', (text) => {
  const file = join(mkdtempSync(join(tmpdir(), 'caremesh-ports-')), 'ports.json');
  writeFileSync(file, text);
  expect(readPorts(file)).toEqual({});
});
