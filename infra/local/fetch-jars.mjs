// Fetches the broker's jars and the registry's archive into target/ (see pom.xml), once per pom.xml.
import { spawn } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jarsAreFetched } from './prerequisites.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Resolves when they are there; rejects with Maven's last words otherwise. */
export async function fetchJars() {
  if (jarsAreFetched()) return false;
  const target = join(here, 'target');
  // Left from another version: its jars must not stay on the class path.
  for (const part of ['kafka', 'apicurio', 'dependency-maven-plugin-markers']) {
    rmSync(join(target, part), { recursive: true, force: true });
  }
  await maven(['-q', '-B', 'generate-resources']);
  copyFileSync(join(here, 'pom.xml'), join(target, 'fetched.pom.xml'));
  return true;
}

function maven(args) {
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', args, {
      cwd: here,
      stdio: ['ignore', 'pipe', 'pipe'],
      // In the locale of a container (`C`) Java would not find a checkout below a folder called Zoë.
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        said = (said + text).slice(-4_000);
      });
    }
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`mvn ended with exit code ${code}:\n${said}`));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await fetchJars();
