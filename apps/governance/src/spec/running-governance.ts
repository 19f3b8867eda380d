import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createApp, createLogger, Health, loadConfig } from '@caremesh/platform';
import { Reminders } from '../decisions/reminders.js';
import { GovernanceModule } from '../governance.module.js';
import { ledgerOf } from '../ledger/ledger.js';
import { governanceEnvironment } from '../settings.js';
import { describedBy } from './as-described.js';

/** As much of a test stack as governance needs; the specs get it from @caremesh/testing. */
type Stack = { home: string; kafkaBrokers: string[]; registryUrl: string; issuer: string };

/** A running governance, and calls to it as one person. */
export type Running = {
  /** Calls as whom the token names, each with `headers`. */
  as: (token: string, headers?: Record<string, string>) => Calls;
  /** Has what is overdue at `now` reminded of. */
  remind: (now: Date) => Promise<void>;
  stop: () => Promise<void>;
};

type Answer = { status: number; body: never; text: string; etag: string | null };

export type Calls = {
  get: (path: string) => Promise<Answer>;
  post: (path: string, json?: unknown) => Promise<Answer>;
  put: (path: string, json?: unknown) => Promise<Answer>;
  delete: (path: string) => Promise<Answer>;
};

/** Starts governance in this process, on a database of the spec's own. */
export async function startGovernance(
  stack: Stack,
  databaseUrl: string,
  environment: Record<string, string> = {},
): Promise<Running> {
  const settings = loadConfig(governanceEnvironment, {
    MESH_MODE: 'test',
    MESH_HOME: stack.home,
    MESH_SERVICE: 'governance',
    MESH_PORT: '0',
    MESH_DATABASE_URL: databaseUrl,
    MESH_KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    MESH_REGISTRY_URL: stack.registryUrl,
    MESH_OIDC_ISSUER: stack.issuer,
    MESH_GOVERNANCE_URL: 'http://127.0.0.1:1',
    MESH_CLIENT_ID: 'svc-governance',
    MESH_CLIENT_SECRET_FILE: `${stack.home}/secrets/svc-governance`,
    MESH_KEY_FILE: `${stack.home}/keys/governance.key`,
    MESH_SCHEMAS_DIR: `${process.cwd()}/schemas`,
    MESH_LOG_LEVEL: process.env['SPEC_LOG_LEVEL'] ?? 'silent',
    MESH_RECONCILE_EVERY_MS: '500',
    // Each database has a ledger of its own; they share the stack's key.
    MESH_WITNESS_FILE: witnessFileOf(stack, databaseUrl),
    ...environment,
  });
  const log = createLogger('governance', settings.logLevel);
  const options = {
    environment: settings,
    name: 'governance',
    bodyLimit: 4_194_304,
    ledger: ledgerOf,
  };
  const app = await createApp(GovernanceModule.with(settings), options, log);
  await app.listen(0, '127.0.0.1');
  app.get(Health).setListening();
  const base = await app.getUrl();
  return {
    as: (token, headers = {}) => callsTo(base, { ...headers, authorization: `Bearer ${token}` }),
    remind: (now) => app.get(Reminders).remind(now),
    stop: () => app.close(),
  };
}

/** The witness file of a ledger whose database is a spec's own. */
export function witnessFileOf({ home }: Pick<Stack, 'home'>, databaseUrl: string): string {
  return join(home, 'witness', `${new URL(databaseUrl).pathname.slice(1)}.ndjson`);
}

/** Whatever a spec asks, what it is answered is as the page has it. */
const asDescribed = describedBy();

function callsTo(base: string, headers: Record<string, string>): Calls {
  const call = async (method: string, path: string, json?: unknown): Promise<Answer> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...headers,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: json === undefined ? null : JSON.stringify(json),
    });
    const text = await response.text();
    const etag = response.headers.get('etag');
    const body = parse(text);
    asDescribed(method, path, response.status, body);
    return { status: response.status, body: body as never, text, etag };
  };
  return {
    get: (path) => call('GET', path),
    post: (path, json = {}) => call('POST', path, json),
    put: (path, json = {}) => call('PUT', path, json),
    delete: (path) => call('DELETE', path),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks again until `isDone`, for at most `patienceMs`; answers the last answer. */
export async function until<T>(
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
  patienceMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isDone(answer) || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The files of a version folder of this checkout, such as `gp/medication-statement/v1`. */
export async function filesOf(version: string): Promise<Record<string, string>> {
  const folder = join(process.cwd(), 'schemas', version);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')]),
  );
  return Object.fromEntries(texts) as Record<string, string>;
}

type Proposed = { id: string; state: string; contentHash: string; decisionsNeeded: string[] };

/** The same files of a product of another name, for what needs topics that nobody made before. */
export function renamed(files: Record<string, string>, from: string, to: string) {
  const inRecord = (name: string) =>
    name
      .split('-')
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join('');
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      text.replaceAll(from, to).replaceAll(inRecord(from), inRecord(to)),
    ]),
  );
}

/** Proposes a version and has it approved by everybody who is asked; it may not be published yet. */
export async function approved(
  person: (user: string) => Promise<Calls>,
  version: string,
  change: (files: Record<string, string>) => Record<string, string> = (files) => files,
): Promise<Proposed> {
  const files = change(await filesOf(version));
  const publisher = await person(`${version.split('/')[0]}-publisher`);
  const { body } = await publisher.post('/v1/proposals', { files, reason: 'First version' });
  const { id, contentHash, decisionsNeeded } = body as Proposed;
  for (const role of decisionsNeeded) {
    const decider = await person(role);
    const given = { decision: 'approve', contentHash, reason: 'Good', role };
    await decider.post(`/v1/proposals/${id}/decisions`, given);
  }
  return body;
}

/** A joint-controller agreement of these organisations, proposed by the Caldicott guardian and approved by a lead. */
export async function agreed(
  person: (user: string) => Promise<Calls>,
  organisations: string[],
  { reference = 'Shared care record', until: last = null as string | null } = {},
): Promise<void> {
  const given = { reference, organisations, until: last, reason: 'Shared care' };
  const { body } = await (await person('caldicott-guardian')).post('/v1/agreements', given);
  const { id, contentHash } = body as Proposed;
  const decision = { decision: 'approve', contentHash, reason: 'Read it' };
  await (await person('governance-lead')).post(`/v1/agreements/${id}/decisions`, decision);
}
