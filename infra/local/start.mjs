// `npm start`: from a fresh clone to a running, filled mesh.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { endWithNpm } from './launcher.mjs';
import { done, node, prepare, root } from './prepare.mjs';

endWithNpm();
await prepare();
await run();

/** Hands over to `mesh up`, which stays in this terminal unless --detach was given. */
async function run() {
  const mesh = join(root, 'apps', 'mesh', 'dist', 'main.js');
  const args = ['--enable-source-maps', mesh, 'up', '--demo', ...process.argv.slice(2)];
  const child = spawn(node, args, { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C reaches the child through the terminal; a signal sent to us alone does not.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal));
  }
  process.exitCode = await done(child);
}
