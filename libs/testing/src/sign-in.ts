import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestStack } from './base-stack.js';

export type Audience = 'mesh-api' | 'mesh-kafka' | 'mesh-registry';
type Where = Pick<TestStack, 'home' | 'tokenUrl'>;

/** An access token of a seeded client (`svc-governance`, `domain-gp` once enabled) or one of `newClient`. */
export async function clientToken(
  where: Where,
  client: string,
  audience: Audience,
): Promise<string> {
  const secret = readFileSync(secretFileOf(where, client), 'utf8').trim();
  return issue(where, {
    grant_type: 'client_credentials',
    client_id: client,
    client_secret: secret,
    resource: `urn:caremesh:${audience}`,
  });
}

/** An access token of a seeded person. */
export async function personToken(
  where: Where,
  user: string,
  audience: Audience = 'mesh-api',
): Promise<string> {
  const file = readFileSync(join(where.home, 'people.json'), 'utf8');
  const { people } = JSON.parse(file) as { people: { user: string; password: string }[] };
  const person = people.find((one) => one.user === user);
  if (!person) throw new Error(`There is no seeded person ${user}`);
  return issue(where, {
    grant_type: 'password',
    client_id: 'mesh-cli',
    username: user,
    password: person.password,
    resource: `urn:caremesh:${audience}`,
  });
}

type SeededPerson = {
  user: string;
  roles: string[];
  organisation?: string | null;
  team?: string | null;
};

/** Adds a person, or has one be another from their next sign-in on: identity reads the file at each. */
export function seedPerson({ home }: Pick<Where, 'home'>, person: SeededPerson): void {
  const file = join(home, 'people.json');
  const { people } = JSON.parse(readFileSync(file, 'utf8')) as { people: SeededPerson[] };
  const others = people.filter(({ user }) => user !== person.user);
  const password = randomBytes(15).toString('base64url');
  const text = JSON.stringify({ people: [...others, { ...person, password }] });
  // Whole or not at all: somebody may sign in at this moment.
  writeFileSync(`${file}.next`, text, { mode: 0o600 });
  renameSync(`${file}.next`, file);
}

async function issue(where: Where, form: Record<string, string>): Promise<string> {
  const response = await fetch(where.tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) {
    throw new Error(`No token for ${form['client_id']}: ${JSON.stringify(body)}`);
  }
  return body.access_token;
}

/** Where the secret of a client of this stack lies (what MESH_CLIENT_SECRET_FILE names). */
export function secretFileOf(where: Pick<TestStack, 'home'>, client: string): string {
  return join(where.home, 'secrets', client);
}

/** Lets a domain ask for tokens, as governance does when it accepts one. */
export async function enableDomain(where: TestStack, domain: string): Promise<void> {
  await admin(where, 'POST', `/v1/domains/${domain}/enable`);
}

/** Makes the client of a grant, as governance does when credentials are asked for. Its secret is kept in the home. */
export async function newGrantClient(
  where: TestStack,
  grant: string,
  audiences: Audience[] = ['mesh-kafka'],
): Promise<string> {
  const clientId = `grant-${grant}`;
  const secret = randomBytes(24).toString('base64url');
  mkdirSync(join(where.home, 'secrets'), { recursive: true });
  writeFileSync(secretFileOf(where, clientId), secret, { mode: 0o600 });
  await admin(where, 'PUT', `/v1/clients/${clientId}`, {
    sub: clientId,
    kind: 'grant',
    enabled: true,
    secretSha256: createHash('sha256').update(secret).digest('hex'),
    audiences,
    defaultAudience: audiences[0]!,
    roles: [],
    org: 'QUY',
  });
  return clientId;
}

async function admin(where: TestStack, method: string, path: string, json?: object): Promise<void> {
  const token = await clientToken(where, 'svc-governance', 'mesh-api');
  const response = await fetch(`${where.issuer}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(json ?? {}),
  });
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}
