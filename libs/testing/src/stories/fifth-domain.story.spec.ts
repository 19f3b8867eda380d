import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, ROOT, temporaryHome } from '../base-stack.js';
import { asBroker, readAll } from './reader.js';

const run = promisify(execFile);
type Listed<T> = { items: T[] };

let copy: string;
const home = temporaryHome();

async function inCopy(command: string, ...args: string[]): Promise<string> {
  const env = { ...cleanEnvironment(), MESH_HOME: home, MESH_MODE: 'test' };
  const { stdout } = await run(command, args, {
    cwd: copy,
    env,
    maxBuffer: 64_000_000,
    // Less than the test has: then what the command said last is what is shown.
    timeout: 450_000,
  });
  return stdout;
}
const mesh = (...args: string[]) => inCopy('node', 'apps/mesh/bin/mesh.js', ...args);

/** A copy of what is committed and what is not yet, with the packages linked file by file (seconds, no network). */
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'caremesh-fifth-'));
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT });
  for (const file of stdout.split('\n').filter(Boolean)) {
    cpSync(join(ROOT, file), join(copy, file), { recursive: true, force: true });
  }
  const installed = ['apps', 'libs', 'infra'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(group, name, 'node_modules')),
  );
  for (const folder of ['node_modules', 'infra/local/target', ...installed]) {
    if (existsSync(join(ROOT, folder)))
      await run('cp', ['-al', join(ROOT, folder), join(copy, folder)]);
  }
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=story', '-c', 'user.email=story@caremesh.invalid', ...args], {
      cwd: copy,
    });
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'as it is');
});
afterAll(async () => {
  await mesh('down', '--volumes').catch(() => undefined);
  for (const folder of [copy, home]) rmSync(folder, { recursive: true, force: true });
});

describe('a fifth domain', () => {
  it('changes only its two folders and its entry in the lockfile', async () => {
    await mesh('new', 'domain', 'mental-health');
    await inCopy(
      'npm',
      'install',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--loglevel=error',
    );
    const status = await inCopy('git', 'status', '--porcelain', '--untracked-files=all');
    const changed = status
      .split('\n')
      .filter(Boolean)
      .map((line) => line.slice(3));
    const roots = new Set(
      changed.map((path) =>
        path.startsWith('apps/') || path.startsWith('schemas/')
          ? dirname(path).split('/').slice(0, 2).join('/')
          : path,
      ),
    );
    expect([...roots].sort()).toEqual([
      'apps/mental-health',
      'package-lock.json',
      'schemas/mental-health',
    ]);
    const packages = await inCopy('git', 'diff', '-U0', 'package-lock.json');
    const added = packages
      .split('\n')
      .filter((line) => /^[+-]\s+"(node_modules|apps)\//.test(line))
      .map((line) => line.replace(/[\s:{]+$/, '').trim());
    expect(added.every((line) => line.includes('mental-health'))).toBe(true);
  });

  it('starts, waits for approval, is accepted with its first product, and publishes', async () => {
    await inCopy('node', 'infra/local/start.mjs', '--detach');
    const { items } = JSON.parse(
      await mesh('product', 'list', '--as', 'analyst', '-o', 'json'),
    ) as Listed<{ id: string; domain: string }>;
    const product = items.find(({ domain }) => domain === 'mental-health')!;
    expect(items.length).toBe(5);
    const status = JSON.parse(await mesh('status', '-o', 'json')) as {
      ready: boolean;
      domains: { name: string; intake: { source: string }[] }[];
    };
    expect(status.ready).toBe(true);
    expect(status.domains.map(({ name }) => name)).toContain('mental-health');
    const sample = (
      await inCopy('git', 'ls-files', '-o', '--exclude-standard', 'apps/mental-health')
    )
      .split('\n')
      .find((file) => file.endsWith('.csv'))!;
    const receipt = JSON.parse(
      await mesh(
        'intake',
        'mental-health',
        sample,
        '--as',
        'mental-health-publisher',
        '-o',
        'json',
      ),
    ) as { accepted: number };
    expect(receipt.accepted).toBeGreaterThan(0);
    await expect
      .poll(async () => (await readAll(asBroker(home), `${product.id}.v1`)).length, {
        timeout: 60_000,
      })
      .toBe(receipt.accepted);
  });
});
