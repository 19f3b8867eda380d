import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError, stackErrors } from '@caremesh/local';
import { addresses } from './addresses.js';
import { CliError, cliError, meshErrors } from './errors.js';
import { request } from './request.js';
import type { Io } from './io.js';

/** The seeded public client through which people sign in on the command line (development, test). */
const CLI_CLIENT = 'mesh-cli';

export type Audience = 'mesh-api' | 'mesh-kafka' | 'mesh-registry';

type Person = { user: string; password: string };

/** What may be a bearer token (RFC 6750 section 2.1). */
const TOKEN = /^[\w.~+/-]+=*$/;

/** The bearer for a call: that of MESH_TOKEN, or a new token of the seeded person `as`. Throws MESH-6505 for neither. */
export async function tokenFor(io: Io, as: string | undefined): Promise<string> {
  if (as) return personToken(io, as);
  const given = io.env['MESH_TOKEN']?.trim();
  if (!given) throw cliError(meshErrors.noIdentity);
  // Whatever it is, it may be a secret: it is not repeated.
  if (!TOKEN.test(given))
    throw cliError(meshErrors.noIdentity, 'What MESH_TOKEN holds is no token.');
  return given;
}

/**
 * Signs a seeded person in (password grant of the development identity provider). Throws MESH-6507 in production mode, where
 * there are none: what an earlier mode left in people.json is nothing to send to a site's own provider.
 */
export async function personToken(
  io: Io,
  user: string,
  audience: Audience = 'mesh-api',
): Promise<string> {
  await refuseInProduction(io);
  const person = (await people(io)).find((one) => one.user === user);
  if (!person) throw cliError(meshErrors.unknownPerson, `"${user}" is not in people.json.`);
  return issue(io, {
    grant_type: 'password',
    client_id: CLI_CLIENT,
    username: user,
    password: person.password,
    resource: `urn:caremesh:${audience}`,
  });
}

/** Signs a domain or service in with its secret from MESH_HOME (client id = its sub, `domain-gp`). */
export async function clientToken(
  io: Io,
  client: string,
  audience: Audience = 'mesh-api',
): Promise<string> {
  await refuseInProduction(io);
  if (!/^[a-z0-9-]+$/.test(client)) throw cliError(meshErrors.unknownPerson, `"${client}"`);
  const file = join(io.home, 'secrets', client);
  const secret = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw cliError(
      meshErrors.unknownPerson,
      `There is no secret of "${client}" in MESH_HOME.`,
      cause,
    );
  });
  return issue(io, {
    grant_type: 'client_credentials',
    client_id: client,
    client_secret: secret.trim(),
    resource: `urn:caremesh:${audience}`,
  });
}

async function refuseInProduction(io: Io): Promise<void> {
  if ((await addresses(io)).mode !== 'production') return;
  const why =
    'There are no seeded people or clients in production mode: put a token in MESH_TOKEN.';
  throw cliError(meshErrors.signInRefused, why);
}

async function people(io: Io): Promise<Person[]> {
  const file = join(io.home, 'people.json');
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EACCES')
      throw new StackError(stackErrors.notYours, `${file} may not be read`, cause);
    throw cliError(meshErrors.notRunning, 'MESH_HOME has no people.json yet.', cause);
  });
  try {
    return (JSON.parse(text) as { people: Person[] }).people;
  } catch {
    // What a parser says of it repeats a part of it, and passwords are in it.
    throw cliError(meshErrors.unreadableFile, `${file} is no JSON file.`);
  }
}

async function issue(io: Io, form: Record<string, string>): Promise<string> {
  const { identity } = await addresses(io);
  const reply = await request<{ access_token: string }>(identity.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(30_000),
  }).catch((error: unknown) => {
    throw signInError(error);
  });
  return reply.body.access_token;
}

function signInError(error: unknown): unknown {
  if (!(error instanceof CliError) || error.body === null) return error;
  const { error: name, error_description: why } = parseOAuth(error.body);
  return cliError(meshErrors.signInRefused, `${name}: ${why}`, error);
}

/** RFC 6749 section 5.2 error answer. */
function parseOAuth(text: string): { error: string; error_description: string } {
  try {
    return { error: 'refused', error_description: 'no reason given', ...JSON.parse(text) };
  } catch {
    return { error: 'refused', error_description: 'the answer was not JSON' };
  }
}
