import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { homeAt, readStatus, StackError, stackErrors, type Status } from '@caremesh/local';
import { CliError, cliError, meshErrors } from '../errors.js';
import type { Io } from '../io.js';
import { printValue, table, type CommonOptions } from '../output.js';

type Finding = { name: string; found: string | null; ok: boolean; fix: string };

/** What the machine must bring, what the checkout must hold, where the data lies, how the mesh stands. Exit 1 when a check fails. */
export function doctor(io: Io, options: CommonOptions): void {
  const findings = [...machine(io), ...checkout(io), dataFolder(io.home), ...mesh(io)];
  printValue(io, options, { ok: findings.every(({ ok }) => ok), checks: findings }, ({ checks }) =>
    table(
      ['', 'WHAT', 'FOUND', 'WHAT TO DO'],
      checks.map(({ ok, name, found, fix }) => [ok ? 'ok' : 'MISSING', name, found, ok ? '' : fix]),
    ),
  );
  const failed = findings.filter(({ ok }) => !ok).length;
  if (failed > 0) throw cliError(meshErrors.checkFailed, `${failed} of ${findings.length} checks`);
}

/** Throws MESH-6001 naming everything that this machine lacks, at once. */
export function checkMachine(io: Io): void {
  const missing = machine(io).filter(({ ok }) => !ok);
  if (missing.length === 0) return;
  const { code, title, fix, exit } = stackErrors.prerequisites;
  const detail = missing.map(
    ({ name, found, fix: how }) => `${name}: ${found ?? 'not found'}\n  ${how}`,
  );
  throw new CliError({ code, title, detail: detail.join('\n'), fix, exit });
}

function machine(io: Io): Finding[] {
  const script = join(io.root, 'infra', 'local', 'prerequisites.mjs');
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  return JSON.parse(stdout) as Finding[];
}

function checkout(io: Io): Finding[] {
  const fetched = existsSync(join(io.root, 'infra', 'local', 'target', 'fetched.pom.xml'));
  return [
    {
      name: 'Broker and registry fetched (infra/local/target)',
      found: fetched ? 'yes' : null,
      ok: fetched,
      fix: 'Run `npm start`, or `node infra/local/fetch-jars.mjs`.',
    },
  ];
}

/** Whether a mesh could keep its data there. Nothing is made to find out: what is above a folder that is missing says it. */
export function dataFolder(home: string, mayWrite = isWritable): Finding {
  const name = 'Data folder (MESH_HOME)';
  const wrong = (found: string, fix: string): Finding => ({
    ...{ name, found, ok: false },
    fix: `${fix}, or set MESH_HOME to another folder.`,
  });
  const there = nearest(home);
  if (!statSync(there).isDirectory()) return wrong(`${there} is no folder`, 'Move it away');
  if (!mayWrite(there))
    return wrong(`${there} may not be written`, 'Give it to the user who runs the mesh');
  const found = there === home ? home : `${home}, made at the first start`;
  return { name, found, ok: true, fix: '' };
}

/** The path itself, or the first above it that is there. */
const nearest = (path: string): string => (existsSync(path) ? path : nearest(dirname(path)));

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mesh(io: Io): Finding[] {
  const status = statusOf(io.home);
  const running = (status?.components ?? []).filter((one) => one.status !== 'stopped');
  if (status === null || running.length === 0) return [];
  const { supervisor } = status;
  const kept = {
    name: 'Supervisor of the mesh',
    found: supervisor && `pid ${supervisor.pid}`,
    ok: supervisor !== null,
    fix: 'Nothing starts a part again that dies: run `npx mesh up`.',
  };
  const parts = running.map(({ name, status: found }) => ({
    name: `Part ${name}`,
    found,
    ok: found === 'ready',
    fix: `See ${join(io.home, 'logs', `${name}.log`)}.`,
  }));
  return [kept, ...parts];
}

/** Null also of another user's mesh, of which `dataFolder` tells. */
function statusOf(home: string): Status | null {
  try {
    return readStatus(homeAt(home));
  } catch (error) {
    if (error instanceof StackError && error.code === stackErrors.notYours.code) return null;
    throw error;
  }
}
