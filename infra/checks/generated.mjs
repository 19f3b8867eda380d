// What others see is a file you can diff: generated, checked in, and red when stale.
//   node infra/checks/generated.mjs            writes them
//   node infra/checks/generated.mjs --check    says which are stale, exit 1
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const check = process.argv.includes('--check') ? ['--check'] : [];

/** Every generator takes `--check`, writes nothing then, and exits 1 when what is checked in is stale. */
const generators = [
  {
    what: 'schemas embedded in the contract library',
    script: 'libs/contract/bin/embed-schemas.mjs',
  },
  { what: 'record types from Avro', script: 'libs/contract/bin/generate-record-types.mjs' },
  { what: 'docs/errors.md', script: 'infra/checks/error-page.mjs' },
  { what: 'docs/asyncapi/mesh.json', script: 'libs/contract/bin/mesh-async-api.mjs' },
  { what: 'table in docs/guide/choices.md', script: 'libs/contract/bin/choices-page.mjs' },
  {
    what: 'docs/openapi: governance, output-ports, disclosure, monitor, domain',
    script: 'infra/checks/openapi-pages.mjs',
  },
];

// The project's own Node, whatever the caller has: the services do not load on an older one.
const own = join(root, 'node_modules', 'node', 'bin', 'node');
const node = existsSync(own) ? own : process.execPath;

let stale = 0;
for (const { what, script } of generators) {
  const ran = existsSync(join(root, script))
    ? spawnSync(node, [join(root, script), ...check], { cwd: root, encoding: 'utf8' })
    : { status: 127, stdout: '', stderr: `${script} is missing` };
  if (ran.status !== 0) stale += 1;
  console.log(
    `${ran.status === 0 ? 'ok  ' : 'FAIL'} ${what}${ran.status === 0 ? '' : `\n${ran.stdout}${ran.stderr}`}`,
  );
}
process.exitCode = stale ? 1 : 0;
