#!/usr/bin/env node
// Runs the built command on the project's own Node, whatever Node the machine has (npm may link this
// file on Node 20, the product needs 24). Plain JavaScript with nothing to install, so that it always starts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithNpm } from '../../../infra/local/launcher.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const node = join(root, 'node_modules', 'node', 'bin', 'node');
const main = join(root, 'apps', 'mesh', 'dist', 'main.js');

if (!existsSync(node)) {
  process.stderr.write(
    'mesh: the packages of this checkout are not installed.\n' +
      '  What to do: run `npm ci` (or `npm start`, which does it) in the checkout.  [MESH-6501]\n',
  );
  process.exit(5);
}
if (!existsSync(main)) build();
endWithNpm();

// argv0 is kept readable for `ps`; stdio is the caller's own.
const child = spawn(node, ['--enable-source-maps', main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// The child decides when to end (Ctrl-C stops a running mesh cleanly), so signals are passed on, not acted on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // The terminal sends Ctrl-C to the whole group: the child has it already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)));
child.on('error', (error) => {
  process.stderr.write(`mesh: cannot start ${node}: ${error.message}\n`);
  process.exit(5);
});

function build() {
  process.stderr.write('mesh: building once (later runs start at once)\n');
  const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const bin = existsSync(nx) ? nx : join(root, 'node_modules', 'nx', 'bin', 'nx.js');
  const done = spawnSync(node, [bin, 'run-many', '-t', 'build'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, NX_DAEMON: 'false', PATH: `${dirname(node)}:${process.env.PATH ?? ''}` },
  });
  if (done.status !== 0) {
    process.stderr.write('mesh: the build failed; its messages are above.  [MESH-6502]\n');
    process.exit(5);
  }
}
