import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cleanEnvironment, ROOT } from '../base-stack.js';
import { scriptOf, snippetsOf } from './snippets.js';

const run = promisify(execFile);

/** What the guide's own `pip install` line names; a new release is a new folder. */
const PINNED = /^pip install (confluent-kafka==2\.16\.1 .*)$/m;
const VENV = join(ROOT, 'tmp', 'confluent-kafka-2.16.1');

/** Python with the client of the analyst's guide, installed into tmp/ (not committed) unless it is there. */
export async function pythonWithClient(): Promise<string> {
  const python = join(VENV, 'bin', 'python');
  const guide = readFileSync(join(ROOT, 'docs', 'guide', 'analyst.md'), 'utf8');
  const packages = PINNED.exec(guide)?.[1]?.split(' ');
  if (!packages) throw new Error('The analyst’s guide names no packages to install');
  const installed = join(VENV, 'installed');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === packages.join('\n'))
    return python;
  rmSync(VENV, { recursive: true, force: true });
  mkdirSync(VENV, { recursive: true });
  await run('python3', ['-m', 'venv', VENV]);
  const pip = join(VENV, 'bin', 'pip');
  await run(pip, ['install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(installed, packages.join('\n'));
  return python;
}

/**
 * Runs every snippet of docs/guide/<name> in one shell, as printed, against the mesh of `home`, from a folder that
 * looks like the checkout but may be written into. Resolves with what was printed; rejects with the line that failed.
 */
export async function runGuide(
  name: string,
  home: string,
): Promise<{ stdout: string; stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-guide-'));
  for (const shared of ['node_modules', 'apps', 'libs', 'infra'])
    symlinkSync(join(ROOT, shared), join(folder, shared));
  for (const copied of ['schemas', 'docs', 'package.json'])
    cpSync(join(ROOT, copied), join(folder, copied), { recursive: true });
  const { script, files } = scriptOf(
    snippetsOf(readFileSync(join(ROOT, 'docs', 'guide', name), 'utf8')),
  );
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const env = {
    ...cleanEnvironment(),
    MESH_HOME: home,
    PYTHON: await pythonWithClient(),
    NODE: join(ROOT, 'node_modules', 'node', 'bin', 'node'),
  };
  try {
    return await run('bash', ['-c', script], {
      cwd: folder,
      env,
      timeout: 280_000,
      maxBuffer: 64_000_000,
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(
      `${name} does not run as printed:\n${stderr ?? String(error)}\n${(stdout ?? '').slice(-3_000)}`,
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
