// Whether what is built is of the sources as they are, and that one process builds at a time: a build takes `dist` away before it
// writes it, and another mesh of this checkout may be running from it.
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOMS = ['apps', 'libs', 'infra'];
const LOOK_MS = 200;
/** What says that nobody builds here who runs as this user. */
const MAY_NOT_WRITE = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * Runs `work` while no other process of this checkout does. One that ended without giving its place back is passed over. Whoever may
 * not write here waits for nobody: they change nothing, and what is missing says so itself.
 * @param {string} root the checkout
 * @param {() => void} waits told once if another process has it
 */
export async function alone(root, waits, work) {
  const place = join(root, '.nx', 'preparing');
  try {
    mkdirSync(join(root, '.nx'), { recursive: true });
    for (let told = false; !take(place); await sleep(LOOK_MS)) {
      if (!told) waits();
      told = true;
    }
  } catch (error) {
    if (MAY_NOT_WRITE.has(error.code)) return work();
    throw error;
  }
  // Given back also by a process that ends here, as it does where something cannot be had.
  const giveBack = () => rmSync(place, { force: true });
  process.once('exit', giveBack);
  try {
    return await work();
  } finally {
    process.off('exit', giveBack);
    giveBack();
  }
}

function take(place) {
  try {
    writeFileSync(place, `${process.pid} ${beganAt(process.pid)}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const held = isAlive(place);
  if (held !== true) setAside(place, held);
  return false;
}

/** Takes away what somebody left who is no more, and nothing that came in its place since. */
function setAside(place, left) {
  const aside = `${place}.${process.pid}`;
  try {
    renameSync(place, aside);
    if (readFileSync(aside, 'utf8') !== left) linkSync(aside, place);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(aside, { force: true });
}

/** True, or what is left by a process that ended. Whoever has just made the file may not have written to it yet. */
function isAlive(place) {
  let text = '';
  try {
    text = readFileSync(place, 'utf8');
    const [pid, began] = text.split(' ');
    if (pid === '') return Date.now() - statSync(place).mtimeMs < 5_000 || text;
    process.kill(Number(pid), 0);
    return beganAt(pid) === began || text;
  } catch (error) {
    return error.code === 'EPERM' || error.code === 'ENOENT' || text;
  }
}

/** When a process began, as Linux tells it: another one may have its number since. Elsewhere nothing. */
function beganAt(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[19];
  } catch {
    return '';
  }
}

/** Whether the last build is there as it was made, of the sources as they are. */
export function isBuilt(root) {
  try {
    return readFileSync(noteOf(root), 'utf8') === stateOf(root);
  } catch {
    return false;
  }
}

/** Notes that what is built now is of the sources as they are, where this user may. */
export function noteBuilt(root) {
  try {
    writeFileSync(noteOf(root), stateOf(root));
  } catch (error) {
    if (!MAY_NOT_WRITE.has(error.code)) throw error;
  }
}

const noteOf = (root) => join(root, '.nx', 'built');

/** What is built from, by its bytes (the inputs that nx.json names), and what was built, by its files' sizes and times. */
function stateOf(root) {
  const sources = createHash('sha256');
  const built = createHash('sha256');
  for (const file of ['.swcrc', 'package-lock.json'])
    sources.update(readFileSync(join(root, file)));
  for (const project of projectsOf(root)) {
    sources.update(readFileSync(join(project, 'package.json')));
    for (const file of filesOf(join(project, 'src')))
      sources.update(`${file}\n`).update(readFileSync(file));
    for (const file of filesOf(join(project, 'dist'))) {
      const { size, mtimeMs } = statSync(file);
      built.update(`${file} ${size} ${mtimeMs}\n`);
    }
  }
  return `${sources.digest('hex')} ${built.digest('hex')}\n`;
}

const projectsOf = (root) =>
  ROOMS.flatMap((room) =>
    readdirSync(join(root, room)).map((name) => join(root, room, name)),
  ).filter(
    (project) => existsSync(join(project, 'package.json')) && existsSync(join(project, 'src')),
  );

const filesOf = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => join(one.parentPath ?? one.path, one.name))
        .sort()
    : [];
