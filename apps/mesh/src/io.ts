import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The outside of a command: where it writes, what it reads. Verbs take this and nothing global, so
 * that a spec can run one in memory.
 */
export type Io = {
  /** Data, and data only: what a script pipes on. */
  stdout(text: string): void;
  /** Progress and errors. */
  stderr(text: string): void;
  env: NodeJS.ProcessEnv;
  /** Folder the user stands in: relative paths of arguments start here. */
  cwd: string;
  /** Folder of the checkout. */
  root: string;
  /** Absolute MESH_HOME. */
  home: string;
};

/** The checkout this file was built in (apps/mesh/dist or apps/mesh/src, three folders up). */
function checkout(): string {
  return resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
}

/**
 * The folder the user stands in. `npm run mesh` starts in the checkout and says in INIT_CWD where it was called;
 * below any other npm script that variable is the caller's caller's, and says nothing of us.
 */
function standing(env: NodeJS.ProcessEnv): string {
  const byNpm = env['npm_lifecycle_event'] === 'mesh';
  return (byNpm && env['INIT_CWD']) || process.cwd();
}

/** The outside as the process has it: its streams, the folder it was called in, and where the mesh lives (`MESH_HOME`). */
export function processIo(env: NodeJS.ProcessEnv = process.env): Io {
  const root = checkout();
  const cwd = standing(env);
  const home = env['MESH_HOME'] || '.mesh';
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env,
    cwd,
    root,
    // A relative MESH_HOME belongs to the checkout, not to whichever folder the user stands in. One folder has one name: by it
    // processes of the mesh are known, and where its data lies.
    home: resolve(root, home),
  };
}
