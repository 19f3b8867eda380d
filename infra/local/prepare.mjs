// What both commands of the README need first: the machine's own parts, the packages, the jars, the build.
// Plain JavaScript for the machine's own Node, with nothing installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone, isBuilt, noteBuilt } from './built.mjs';
import { fetchJars } from './fetch-jars.mjs';
import { missingText, prerequisites } from './prerequisites.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const node = join(root, 'node_modules', 'node', 'bin', 'node');
const began = Date.now();

/** Installs what is missing and builds what changed. Ends the process with a coded message if it cannot. */
export async function prepare() {
  checkMachine();
  await alone(
    root,
    () => say('Waiting for another process that installs or builds here'),
    async () => {
      await Promise.all([install(), fetchPrograms()]);
      build();
    },
  );
}

/** Everything that is missing, at once. */
function checkMachine() {
  const missing = missingText(prerequisites());
  if (missing === '') return;
  process.stderr.write(`This machine lacks what the mesh needs:\n${missing}[MESH-6001]\n`);
  process.exit(5);
}

/**
 * Installs what the lock file says, unless it is there. Not `npm ci`: that refuses a lock file without the
 * packages of other platforms, which npm leaves out where the registry at hand does not hold them.
 */
async function install() {
  if (isInstalled()) return;
  say('Installing packages');
  const flags = ['--no-save', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await done(
    spawn('npm', ['install', ...flags], { cwd: root, stdio: ['ignore', 2, 2] }),
  );
  if (code !== 0) fail('npm install failed; its messages are above.', 'MESH-6501');
}

/** True when every package of the lock file is there in its version (npm notes what it installed). */
function isInstalled() {
  const written = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(node) || !existsSync(written)) return false;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const there = packagesOf(written);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      !path.includes('node_modules/') || optional || there[path]?.version === version,
  );
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

async function fetchPrograms() {
  try {
    if (await fetchJars()) say('Fetched the broker and the schema registry (Maven)');
  } catch (error) {
    fail(`The broker and the registry could not be fetched: ${error.message}`, 'MESH-6008');
  }
}

/** Only what changed is built: Nx keeps the rest. Where nothing did, what is there is left alone. */
function build() {
  if (isBuilt(root)) return;
  say('Building');
  const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const built = spawnSync(node, [nx, 'run-many', '-t', 'build', '--outputStyle=static'], {
    cwd: root,
    encoding: 'utf8',
    // No daemon: nothing that this command starts may outlive it but the mesh.
    env: { ...process.env, NX_DAEMON: 'false', PATH: `${dirname(node)}:${process.env.PATH ?? ''}` },
  });
  if (built.status === 0) return noteBuilt(root);
  process.stderr.write(`${built.stdout}${built.stderr}`);
  fail('The build failed; its messages are above.', 'MESH-6502');
}

/** The exit code of a child, 5 if it could not be started. */
export function done(child) {
  return new Promise((resolve) => {
    child.on('error', () => resolve(5));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function say(text) {
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  process.stderr.write(`  ${`${seconds} s`.padStart(6)}  ${text}\n`);
}

function fail(text, code) {
  process.stderr.write(`${text}  [${code}]\n`);
  process.exit(5);
}
