import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, startedAt } from '../supervisor/processes.js';

/**
 * Who on this machine is about to listen where. A port is chosen seconds before its part listens; two
 * meshes that start together would choose the same, and each would take the other's broker for its own.
 * A claim lasts as long as the process that made it.
 */
export class PortClaims {
  constructor(private readonly folder = join(tmpdir(), 'caremesh-ports')) {
    if (existsSync(folder)) return;
    mkdirSync(folder, { recursive: true });
    // Every user of the machine may claim; the sticky bit keeps each to their own.
    chmodSync(folder, 0o1777);
  }

  /** Claims a port for this process. False when another living process has it, or a claim lies there that is not ours to take away. */
  claim(port: number): boolean {
    const file = join(this.folder, String(port));
    const draft = `${file}.${process.pid}-${randomUUID()}`;
    const own = JSON.stringify({ pid: process.pid, started: startedAt(process.pid) });
    // Never through what somebody else may have laid there.
    writeFileSync(draft, own, { flag: 'wx' });
    try {
      for (let attempt = 0; attempt < 2; attempt++) {
        if (linked(draft, file)) return true;
        const holder = holderOf(file);
        if (holder !== null && isAlive(holder)) return holder.pid === process.pid;
        if (!removed(file)) return false;
      }
      return false;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  release(port: number): void {
    const file = join(this.folder, String(port));
    if (holderOf(file)?.pid === process.pid) rmSync(file, { force: true });
  }
}

/** A link is made whole or not at all. */
function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch {
    return false;
  }
}

/** Another user's stays there after their mesh is gone: the folder's sticky bit keeps it. */
function removed(file: string): boolean {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}

function holderOf(file: string): { pid: number; started: string } | null {
  try {
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as { pid: number; started: string })
      : null;
  } catch {
    return null;
  }
}
