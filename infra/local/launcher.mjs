// Ends a process that npm runs when npm is killed. Plain JavaScript for the machine's own Node, with nothing installed yet.
import { readFileSync } from 'node:fs';

const LOOK_MS = 500;
const SHELL = /^(sh|dash|bash|ash|ksh|zsh)$/;

/**
 * npm that is killed with -9 takes nobody with it: whom it ran would hold its caller's output for ever. Where nobody was killed
 * this changes nothing. Other launchers are left alone: a shell may end and mean us to go on.
 */
export function endWithNpm() {
  if (!process.env.npm_command) return;
  const launcher = launcherOf();
  setInterval(() => {
    if (launcherOf() !== launcher) process.exit(1);
  }, LOOK_MS).unref();
}

/** The process that ran us, or, since npm does so through a shell, the one that ran that. */
function launcherOf() {
  const { ppid } = process;
  const shell = said(`/proc/${ppid}/comm`).trim();
  if (!SHELL.test(shell)) return ppid;
  // The name before the numbers may hold spaces and brackets.
  return said(`/proc/${ppid}/stat`).split(') ').at(-1)?.split(' ')[1] ?? ppid;
}

function said(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
