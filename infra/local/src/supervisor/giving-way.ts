import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Launch } from './component.js';

/** Linux takes one change of a group a tenth of a second from whoever is not root, over all processes (`proc_sched_autogroup_set_nice`). */
const BETWEEN_TRIES_MS = 150;
const TRIES = 40;

/**
 * A command that gives way, through `nice`: that becomes the command, so the pid is the command's own, and each thread takes its
 * readiness to give way from the one that makes it. Set from here once it runs, it would miss the threads made before. Where
 * there is no `nice`, all are equal: slower, and nothing else.
 */
export function givingWay(launch: Launch): Launch {
  const { file, args, niceness } = launch;
  if (niceness === undefined) return launch;
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'nice'));
  const nice = places.find((place) => existsSync(place));
  return nice ? { ...launch, file: nice, args: ['-n', `${niceness}`, file, ...args] } : launch;
}

/**
 * The same for the group that Linux makes of each session (sched(7), "The autogroup feature"): between groups it shares by the niceness
 * of the group, and that of a process counts within its own alone. Resolves once it is so, or where it cannot be: a kernel without
 * groups, a process that is gone, one of another user. Never throws: all are equal then, slower and nothing else.
 */
export async function groupGivesWay(pid: number, niceness: number): Promise<void> {
  const group = `/proc/${pid}/autogroup`;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      await writeFile(group, `${niceness}`);
      if ((await readFile(group, 'utf8')).trim().endsWith(` nice ${niceness}`)) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
    await pause(BETWEEN_TRIES_MS, undefined, { ref: false });
  }
}
