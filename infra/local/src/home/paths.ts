import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StackError, stackErrors } from '../errors.js';

/** Where everything of one mesh lies. All of it is under MESH_HOME and none of it is committed. */
export type Home = ReturnType<typeof homeAt>;

/** Where everything lies that a mesh keeps, below its folder. */
export function homeAt(root: string) {
  return {
    root,
    secrets: join(root, 'secrets'),
    keys: join(root, 'keys'),
    logs: join(root, 'logs'),
    data: join(root, 'data'),
    run: join(root, 'run'),
    people: join(root, 'people.json'),
    ports: join(root, 'ports.json'),
    status: join(root, 'status.json'),
    processes: join(root, 'run', 'processes.json'),
    supervisor: join(root, 'run', 'supervisor.json'),
  };
}

/** What `mesh down --volumes` deletes: only names that we made, whatever else lies in the folder. */
export const HOME_ENTRIES = [
  'secrets',
  'keys',
  'logs',
  'data',
  'run',
  'demo',
  'credentials',
  'witness',
  'snapshots',
  'check-service',
  'reports',
  'people.json',
  'ports.json',
  'status.json',
] as const;

/**
 * Makes the folders. The home may be entered by other users (PostgreSQL's own user must reach its data),
 * but not listed; secrets and keys only by their owner. Throws MESH-6015, or what the system says, with the path.
 */
export function makeHome(home: Home): void {
  // Of `log.dirs` Kafka makes a list, and knows no way to write a comma that is none of it.
  if (home.root.includes(',')) throw new StackError(stackErrors.commaInHome, home.root);
  makeRoot(home.root, 0o711);
  for (const folder of [home.data, home.logs]) mkdirSync(folder, { recursive: true, mode: 0o711 });
  for (const folder of [home.secrets, home.keys, home.run]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}

/**
 * Folder by folder: where the system answers that a folder is missing although it is there (in /proc, say), Node's own way of
 * making all of them tries for ever. Throws what the system says, with the path.
 */
function makeRoot(folder: string, mode: number): void {
  if (!existsSync(folder)) {
    const above = dirname(folder);
    if (!existsSync(above)) makeRoot(above, mode);
    if (madeAnew(folder, mode)) return;
  }
  // It is there: a folder, or what is none and is named.
  mkdirSync(folder, { recursive: true, mode });
}

/** False if something lies there by now: of two that start at once the other was first. */
function madeAnew(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Writes a file so that a reader sees the old or the new content, never half of it. */
export function writeWhole(file: string, content: string | Uint8Array, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, content, { mode });
  renameSync(draft, file);
}

/** The same for what cannot be made anew: when this returns it is on the disk, also for a machine that loses its power then. */
export function writeLasting(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, content, { mode: 0o600, flush: true });
  renameSync(draft, file);
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/**
 * What a file of JSON says that the mesh wrote for itself and can write anew; null when it is not there, or holds none: a machine
 * that lost its power may leave any of them empty. Throws MESH-6016 of one that is another user's: what it says is not known.
 */
export function readWhole<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      throw new StackError(stackErrors.notYours, `${file} may not be read`, error);
    return null;
  }
}
