import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { cliError, meshErrors } from '../errors.js';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { tokenFor } from '../sign-in.js';

/** What a client of a grant needs to connect (the answer of POST /v1/grants/{id}/credentials). */
export type Credential = {
  clientId: string;
  clientSecret: string;
  tokenUrl: string;
  scope: string;
  bootstrap: string;
  securityProtocol: string;
  registryUrl: string;
  topics: string[];
  groupPrefix: string;
};

/** How the caller names the credential, and who the caller is. */
export type CredentialChoice = { credentials?: string; as?: string };

/**
 * The credential to read a grant with: the file named; else `credentials.json` where the user stands, if it is
 * this grant's; else the one this command made before; else a new one, kept for the next time.
 * Throws what governance answers when the caller may not have one (404, MESH-3507 for a third, MESH-3509).
 */
export async function credentialFor(
  io: Io,
  grant: string,
  choice: CredentialChoice,
): Promise<Credential> {
  if (choice.credentials) return readNamed(io, choice.credentials);
  const prefix = `share.${grant}.`;
  const here = await readIfThere(join(io.cwd, 'credentials.json'));
  if (here?.groupPrefix === prefix) return here;
  const who = api(io, choice);
  const { body } = await who.get<{ requestedBy: string }>(
    `/v1/grants/${encodeURIComponent(grant)}`,
  );
  const own = join(io.home, 'credentials', `${grant}.json`);
  if (body.requestedBy === (await subjectOf(io, choice.as))) {
    for (const file of [own, join(io.home, 'demo', `credential-${grant}.json`)]) {
      const kept = await readIfThere(file);
      if (kept?.groupPrefix === prefix) return kept;
    }
  }
  const made = await who.post<Credential>(`/v1/grants/${encodeURIComponent(grant)}/credentials`);
  io.stderr(`A credential was made and kept in ${own}\n`);
  await keep(own, made.text);
  return made.body;
}

/** The `sub` that the caller's token speaks for; governance decides on it, this only chooses what to try. */
async function subjectOf(io: Io, as: string | undefined): Promise<string> {
  if (as) return `user-${as}`;
  const [, payload = ''] = (await tokenFor(io, as)).split('.');
  try {
    return String(
      (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub,
    );
  } catch {
    return '';
  }
}

async function readNamed(io: Io, file: string): Promise<Credential> {
  const path = isAbsolute(file) ? file : join(io.cwd, file);
  const credential = await readIfThere(path);
  if (credential === null) throw cliError(meshErrors.unreadableFile, path);
  return credential;
}

/** Null when there is no such file, or it is no credential with a secret. */
async function readIfThere(path: string): Promise<Credential | null> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<Credential>;
    const whole = found.clientId && found.clientSecret && found.groupPrefix && found.topics;
    return whole ? (found as Credential) : null;
  } catch {
    return null;
  }
}

async function keep(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600 });
}
