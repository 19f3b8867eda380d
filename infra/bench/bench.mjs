// `npm run bench [-- name ...]`: installs and builds what is missing, then measures. See README.md.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { done, node, prepare, root } from '../local/prepare.mjs';

await prepare();
const main = join(root, 'infra', 'bench', 'dist', 'main.js');
process.exitCode = await done(
  spawn(node, ['--enable-source-maps', main, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  }),
);
