import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../io.js';

/** An outside in memory, with an empty home, for specs of verbs. */
export function memoryIo(env: NodeJS.ProcessEnv = {}) {
  const home = mkdtempSync(join(tmpdir(), 'caremesh-io-'));
  const written = { out: '', err: '' };
  const io: Io = {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    env,
    cwd: home,
    root: home,
    home,
  };
  return {
    io,
    out: () => written.out,
    err: () => written.err,
    /** Puts a file into the home: status.json, people.json, secrets. */
    keep: (name: string, content: unknown) =>
      writeFileSync(join(home, name), JSON.stringify(content)),
  };
}
