import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../base-stack.js';

const run = promisify(execFile);
const JARS = join(ROOT, 'tmp', 'analyst-java');

/** The class path of the guide's Java part, fetched once. */
export async function javaClasses(): Promise<string> {
  if (!existsSync(join(JARS, 'fetched'))) {
    const pom = join(ROOT, 'docs', 'guide', 'java', 'pom.xml');
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${JARS}`];
    await run('mvn', ['-q', '-B', '-f', pom, ...copy]);
    await run('touch', [join(JARS, 'fetched')]);
  }
  return join(JARS, '*');
}

/** R as the system has it, or from Debian (about 40 s, once), which takes a system of that family and the right to install. */
export async function rscript(): Promise<string> {
  const isThere = () =>
    run('Rscript', ['--version']).then(
      () => true,
      () => false,
    );
  if (await isThere()) return 'Rscript';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-q', '--no-install-recommends', 'r-base-core'];
  // Lists that are missing or too old name files that are gone: asked for anew only then.
  await run('apt-get', install, { env }).catch(async () => {
    await run('apt-get', ['update', '-q'], { env });
    await run('apt-get', install, { env });
  });
  if (await isThere()) return 'Rscript';
  throw new Error('There is no Rscript, and r-base-core could not be installed');
}
