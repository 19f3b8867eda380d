import type { KeyObject } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { names } from '@caremesh/contract';
import type { Command } from 'commander';
import { cliError, meshErrors } from '../errors.js';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { tokenFor } from '../sign-in.js';
import type { Credential } from './issued.js';
import { isLive, privateKeyIn, refused } from './token.js';

/** How the caller names the credential, and who the caller is. */
export type CredentialChoice = { credentials?: string; key?: string; client?: string; as?: string };

/** The options by which a command is told what to sign in with. */
export function withCredential(command: Command): Command {
  return command
    .option(
      '--credentials <file>',
      'answer of `mesh grant credentials -o json` (default: ./credentials.json)',
    )
    .option('--key <file>', 'private JWK of a credential made with --public-key')
    .option('--client <id>', 'client id that the key signs for, where no credentials file says it');
}

/**
 * The credential to read a grant with: the file named; else `credentials.json` where the user stands, if it is
 * this grant's; else, with a key, the client named; else the one this command made before, unless it was ended since; else a new
 * one, kept for the next time. Throws what governance answers when the caller may not have one (404, MESH-3507 for a third,
 * MESH-3509), MESH-6507 for a file with a credential that was ended.
 */
export async function credentialFor(
  io: Io,
  grant: string,
  choice: CredentialChoice,
): Promise<Credential> {
  const { key: keyFile, client } = choice;
  if (client && !keyFile) throw cliError(meshErrors.usage, 'A client is named with its --key.');
  const key = keyFile ? await privateKeyIn(pathOf(io, keyFile)) : undefined;
  const found = await inFiles(io, grant, choice);
  if (found) return stillLive(signing(found.credential, key), found.path);
  if (key) return signing(await settingsOf(io, grant, choice), key);
  return keptOrNew(io, grant, choice);
}

/** With a key it is the key that signs in, whatever else the file has. */
function signing(credential: Credential, key: KeyObject | undefined): Credential {
  return key ? { ...credential, clientSecret: null, key } : credential;
}

/** A file that the user wrote is left as it is, and named where it is of no use any more. */
async function stillLive(credential: Credential, path: string): Promise<Credential> {
  if (await isLive(credential)) return credential;
  throw refused(`${credential.clientId} of ${path} is known no more: the credential was ended.`);
}

/**
 * The credential in a file that the user names for a grant. Throws MESH-6510 where the file holds none, MESH-6508 where it is
 * another grant's: what that reads would come under the wrong name.
 */
export async function credentialIn(io: Io, grant: string, file: string) {
  const path = pathOf(io, file);
  const credential = await readIfThere(path);
  if (credential === null) {
    throw cliError(meshErrors.unreadableFile, `${path} holds no credential of a grant.`);
  }
  const { groupPrefix } = credential;
  if (groupPrefix !== names.grantGroupPrefix(grant)) {
    const other = groupPrefix.split('.')[1];
    throw cliError(
      meshErrors.usage,
      `${path} holds a credential of the grant ${other}, not of ${grant}.`,
    );
  }
  return { credential, path };
}

async function inFiles(io: Io, grant: string, { credentials }: CredentialChoice) {
  if (credentials) return credentialIn(io, grant, credentials);
  const path = join(io.cwd, 'credentials.json');
  const credential = await readIfThere(path);
  return credential?.groupPrefix === names.grantGroupPrefix(grant) ? { credential, path } : null;
}

/** How a client that signs connects, as governance says it of one that lives. */
async function settingsOf(io: Io, grant: string, choice: CredentialChoice): Promise<Credential> {
  if (!choice.client) {
    throw cliError(
      meshErrors.usage,
      'A key signs for a client: name it with --client, or its credential with --credentials.',
    );
  }
  const { body } = await api(io, choice).get<{ text: string }>(
    `/v1/grants/${encodeURIComponent(grant)}/credentials/${encodeURIComponent(choice.client)}/settings`,
    { format: 'json' },
  );
  return JSON.parse(body.text) as Credential;
}

async function keptOrNew(io: Io, grant: string, choice: CredentialChoice): Promise<Credential> {
  const who = api(io, choice);
  const path = `/v1/grants/${encodeURIComponent(grant)}`;
  const { body } = await who.get<{ requestedBy: string }>(path);
  const own = join(io.home, 'credentials', `${grant}.json`);
  if (body.requestedBy === (await subjectOf(io, choice.as))) {
    for (const file of [own, join(io.home, 'demo', `credential-${grant}.json`)]) {
      const kept = await readIfThere(file);
      if (kept?.clientSecret && kept.groupPrefix === names.grantGroupPrefix(grant)) {
        if (await isLive(kept)) return kept;
        await rm(file);
        io.stderr(`The credential ${kept.clientId} kept in ${file} was ended, and is dropped\n`);
      }
    }
  }
  const made = await who.post<Credential>(`${path}/credentials`);
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

/** Null when there is no such file, or it is no credential. */
async function readIfThere(path: string): Promise<Credential | null> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<Credential>;
    const whole =
      found.clientId && (found.clientSecret || found.keyId) && found.groupPrefix && found.topics;
    return whole ? (found as Credential) : null;
  } catch {
    return null;
  }
}

async function keep(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600 });
}

const pathOf = (io: Io, file: string): string => (isAbsolute(file) ? file : join(io.cwd, file));
