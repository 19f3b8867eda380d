// What the machine itself must bring; everything else comes from package registries. Plain JavaScript that
// any Node from 18 runs, because it is the first thing that happens on a fresh clone.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The Java to run: JAVA_HOME's, else the one on the PATH. */
export function javaCommand(env = process.env) {
  return env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
}

/** First number of `java -version`'s answer: 17 for "17.0.15", 8 for "1.8.0". */
export function javaMajor(answer) {
  const found = /version "(?:1\.)?(\d+)/.exec(answer);
  return found ? Number(found[1]) : null;
}

function java() {
  const { status, stderr } = spawnSync(javaCommand(), ['-version'], { encoding: 'utf8' });
  const major = status === 0 ? javaMajor(stderr) : null;
  return {
    name: 'Java 17 or later',
    found: major === null ? null : `Java ${major}`,
    ok: major !== null && major >= 17,
    fix: 'Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17; or set JAVA_HOME.',
  };
}

/** Only needed to fetch the broker and the registry: once they are there, it is not missed. */
function maven() {
  const fetched = jarsAreFetched();
  const asked = fetched ? null : spawnSync('mvn', ['-version'], { encoding: 'utf8' });
  const version = /Apache Maven ([\d.]+)/.exec(asked?.stdout ?? '')?.[1];
  return {
    name: 'Maven',
    found: fetched ? 'not needed any more' : version ? `Maven ${version}` : null,
    ok: fetched || version !== undefined,
    fix: 'Debian, Ubuntu: apt-get install maven; macOS: brew install maven.',
  };
}

function platform() {
  return {
    name: 'Linux on x86-64 (embedded PostgreSQL)',
    found: `${process.platform} ${process.arch}`,
    ok:
      (process.platform === 'linux' && process.arch === 'x64') ||
      Boolean(process.env.MESH_DATABASE_URL),
    fix: 'Use such a machine or container, or set MESH_DATABASE_URL to a PostgreSQL server.',
  };
}

function node() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return {
    name: 'Node 20.19 or later (to install; the project brings its own to run)',
    found: `Node ${process.versions.node}`,
    ok: major > 20 || (major === 20 && minor >= 19),
    fix: 'See https://nodejs.org, or your system’s package manager.',
  };
}

/** True when the broker and the registry of this pom.xml lie in target/. */
export function jarsAreFetched() {
  const stamp = join(here, 'target', 'fetched.pom.xml');
  return (
    existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(join(here, 'pom.xml'), 'utf8')
  );
}

/** Everything that is looked at: name, what was found, whether it will do, how to get it. */
export function prerequisites() {
  return [platform(), node(), java(), maven()];
}

/** The message for all that is missing at once; empty when nothing is. */
export function missingText(checks) {
  return checks
    .filter(({ ok }) => !ok)
    .map(
      ({ name, found, fix }) =>
        `  ${name}: ${found ? `found ${found}` : 'not found'}\n    ${fix}\n`,
    )
    .join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(prerequisites()));
}
