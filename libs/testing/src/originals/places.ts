import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../base-stack.js';
import { declaredRoutes } from '../foreign/routes.js';
import { personToken } from '../sign-in.js';
import type { Mesh } from '../start-mesh.js';
import type { Originals, Told } from './originals.js';

/** Those who may see more than others; what one of them may not see is an error, and is read as such. */
const READERS = ['analyst', 'governance-lead', 'auditor', 'administrator'];
const EMBEDDED = ['postgresql', 'kafka', 'registry', 'identity'];
/** What `declaredRoutes` puts in the place of a parameter. */
const SOME_ID = 'abcd1234';

/** What a person or a machine can read of a running mesh that is no record. */
export type Read = { place: string; bytes: number; found: Told };

const found = (originals: Originals, place: string, bytes: Buffer): Read => {
  const name = originals.fullNamesIn(bytes.toString());
  return {
    ...{ place, bytes: bytes.length },
    found: { ...originals.inProse(bytes), ...(name > 0 && { name }) },
  };
};

/** Each log of the mesh. */
export function scanLogs(mesh: Mesh, originals: Originals): Read[] {
  const folder = join(mesh.home, 'logs');
  return readdirSync(folder).map((name) =>
    found(originals, `log ${name}`, readFileSync(join(folder, name))),
  );
}

/**
 * What every part answers to every question it can be asked (numbers, standings, quarantine, errors), about each of these
 * ids, to those who may see most and to the recipient; header lines too.
 */
export async function scanAnswers(
  mesh: Mesh,
  originals: Originals,
  ids: readonly string[],
): Promise<Read[]> {
  const where = { home: mesh.home, tokenUrl: mesh.status().identity.tokenUrl };
  const read: Read[] = [];
  for (const { name, port } of mesh.status().components) {
    if (EMBEDDED.includes(name)) continue;
    const answers: string[] = [];
    for (const reader of [...READERS, ...publisherOf(mesh, name)]) {
      const authorization = `Bearer ${await personToken(where, reader)}`;
      for (const path of pathsOf(mesh, name, ids)) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          headers: { authorization },
        });
        answers.push(JSON.stringify([...answer.headers]), await answer.text());
      }
    }
    read.push(found(originals, `answers of ${name}`, Buffer.from(answers.join('\n'))));
  }
  return read;
}

const isDomain = (mesh: Mesh, name: string) =>
  mesh.status().domains.some((domain) => domain.name === name);
const publisherOf = (mesh: Mesh, name: string) =>
  isDomain(mesh, name) ? [`${name}-publisher`] : [];

function pathsOf(mesh: Mesh, name: string, ids: readonly string[]): string[] {
  const program = name === 'care-disclosure' ? 'disclosure' : name;
  const folders = [join(ROOT, 'apps', program, 'src')];
  if (isDomain(mesh, name)) folders.push(join(ROOT, 'libs', 'product', 'src'));
  const paths = folders
    .flatMap((folder) => declaredRoutes(folder))
    .filter(({ method }) => method === 'GET')
    .flatMap(({ path }) => [SOME_ID, ...ids].map((id) => path.replace(SOME_ID, id)));
  return [...new Set(paths)];
}
