import { writeSync } from 'node:fs';
import { homeAt } from './home/paths.js';
import { modeOf } from './plan.js';
import { startStack } from './running-stack.js';

/*
 * The supervisor as a process of its own: `mesh up` starts it and goes, or stays and passes Ctrl-C on.
 * Its output is MESH_HOME/logs/supervisor.log.
 */
const say = (line: string) => {
  try {
    writeSync(1, line);
  } catch {
    // The disk is full: what is said is lost, and nothing else may be.
  }
};
const { MESH_HOME: home = '', MESH_ONLY: only } = process.env;

// A supervisor that dies of one surprise would leave every part alone: say it and go on.
process.on('unhandledRejection', (reason) => say(`supervisor: ${String(reason)}\n`));
process.on('uncaughtException', (error) => say(`supervisor: ${error.stack ?? error.message}\n`));

let stopping = false;
const started = startStack({
  root: process.cwd(),
  home: homeAt(home),
  mode: modeOf(process.env),
  environment: process.env,
  only: only ? only.split(',') : undefined,
  say,
}).catch((error: unknown) => {
  const known = error as Partial<{ code: string; title: string; message: string; fix: string }>;
  say(`FAILED ${JSON.stringify({ ...known, message: known.message })}\n`);
  process.exit(1);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    say(`${new Date().toISOString()} supervisor: stopping (${signal})\n`);
    void started.then((stack) => stack.stop()).finally(() => process.exit(0));
  });
}
