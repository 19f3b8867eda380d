import { join, resolve } from 'node:path';
import { databaseOf, databaseUrl, provisionDatabases } from './components/databases.js';
import type { Database } from './components/databases.js';
import { kafka } from './components/kafka.js';
import { adminUrl, postgresql } from './components/postgresql.js';
import { registry, registryUrl } from './components/registry.js';
import { service } from './components/service.js';
import { StackError, stackErrors } from './errors.js';
import { serviceEnvironmentOf, withoutLibpq, type Endpoints } from './environment.js';
import { seedPeople } from './home/people.js';
import { makeHome, type Home } from './home/paths.js';
import { choosePorts, keepPorts, readPorts, type Ports } from './home/ports.js';
import { keyFile, secretFile, secretOf } from './home/secrets.js';
import { findDomains, findServices, type Service } from './home/workspace.js';
import { issuerOf, type Issuer } from './issuer.js';
import type { Component } from './supervisor/component.js';
import { MARKER } from './supervisor/processes.js';

const MODES = ['development', 'test', 'production'] as const;
export type Mode = (typeof MODES)[number];

/** The mode the environment names (`MESH_MODE`). Throws MESH-6014 for a word that is none: it must not pass for development. */
export function modeOf({ MESH_MODE: given }: NodeJS.ProcessEnv): Mode {
  const mode = MODES.find((one) => one === (given || 'development'));
  if (mode) return mode;
  throw new StackError(stackErrors.unknownMode, `MESH_MODE is "${given}".`);
}

export type PlanOptions = {
  /** The checkout. */
  root: string;
  home: Home;
  mode: Mode;
  /** Environment of the caller: what a site already runs (MESH_KAFKA_BROKERS and so on), tuning. */
  environment: NodeJS.ProcessEnv;
  /** Only these parts (and none of the other services); all when absent. */
  only?: readonly string[];
  /** Moves the preferred ports, so that test stacks of one machine do not choose the same. */
  portShift?: number;
};

/** Everything decided before the first process starts. */
export type Plan = {
  components: Component[];
  endpoints: Endpoints;
  issuer: Issuer;
  domains: { name: string; url: string; ports: Ports }[];
};

/** The parts that are not services of ours. */
const EMBEDDED = ['postgresql', 'kafka', 'registry'] as const;
const REGISTRY_DATABASE = 'mesh_registry';
// A machine for one person to try things on: more would prove nothing new.
const MOST_INSTANCES = 4;

/**
 * Decides ports, secrets and people, and lists the parts to run in dependency order. A part the site
 * already runs (its variable is set) is left out and its address used instead.
 */
export async function planStack(options: PlanOptions): Promise<Plan> {
  const { home, root, environment, mode } = options;
  makeHome(home);
  const services = chosenServices(options);
  const ports = await portsFor(options, services);
  const issuer = await issuerOf(environment['MESH_OIDC_ISSUER'], ports['identity'] ?? 0);
  const endpoints = endpointsOf(options, ports, issuer);
  if (mode !== 'production') seedPeople(home.people, findDomains(root));
  const parts = { ...options, services, ports, issuer, endpoints };
  makeSecrets(home, services, findDomains(root));
  await provisionForeignServer(parts);
  return {
    components: onlyPresent([
      ...embedded(parts),
      ...services.flatMap((one) =>
        instancesOf(one, environment).map((instance) => ownService(one, instance, parts)),
      ),
    ]),
    endpoints,
    issuer,
    domains: services
      .filter(({ kind }) => kind === 'domain')
      .map((one) => ({
        name: one.name,
        url: urlOf(ports, one.name),
        ports: Object.fromEntries(one.ports.map((s) => [s, ports[`${one.name}.${s}`] ?? 0])),
      })),
  };
}

type Parts = PlanOptions & {
  services: Service[];
  ports: Ports;
  issuer: Issuer;
  endpoints: Endpoints;
};

function chosenServices({ root, environment, mode, only }: PlanOptions): Service[] {
  const foreignIssuer = Boolean(environment['MESH_OIDC_ISSUER']);
  if (mode === 'production' && !foreignIssuer) throw new StackError(stackErrors.productionIdentity);
  return findServices(root)
    .filter(({ name }) => only === undefined || only.includes(name))
    .filter(({ name }) => name !== 'identity' || !foreignIssuer);
}

/** Services that may run more than once, and the setting that says how often. */
const REPEATABLE: Record<string, string> = {
  governance: 'MESH_GOVERNANCE_INSTANCES',
  disclosure: 'MESH_DISCLOSURE_INSTANCES',
};

/**
 * The names a service runs under: one process, or as many as its setting says, all on one database and as one principal.
 * Others find the first by its address; the second answers the same questions.
 */
function instancesOf({ name }: Service, environment: NodeJS.ProcessEnv): string[] {
  const setting = REPEATABLE[name];
  const asked = setting === undefined ? 1 : Number(environment[setting] ?? 1);
  const count = Number.isInteger(asked) ? Math.min(Math.max(asked, 1), MOST_INSTANCES) : 1;
  return Array.from({ length: count }, (_, at) => (at === 0 ? name : `${name}-${at + 1}`));
}

async function portsFor(
  { home, portShift, environment }: PlanOptions,
  services: readonly Service[],
): Promise<Ports> {
  const uses = [
    'postgresql',
    'kafka.client',
    'kafka.internal',
    'kafka.controller',
    'registry',
    'identity',
    'governance',
    ...services.flatMap((one) => [
      ...instancesOf(one, environment),
      ...one.ports.map((port) => `${one.name}.${port}`),
    ]),
  ];
  const kept = readPorts(home.ports);
  const ports = await choosePorts([...new Set(uses)], kept, { shift: portShift });
  keepPorts(home.ports, { ...kept, ...ports });
  return ports;
}

function endpointsOf({ environment }: PlanOptions, ports: Ports, issuer: Issuer): Endpoints {
  return {
    kafkaBrokers: environment['MESH_KAFKA_BROKERS'] || `127.0.0.1:${ports['kafka.client']}`,
    // The embedded broker never leaves this machine and speaks no TLS, in production neither.
    kafkaSecurity: environment['MESH_KAFKA_BROKERS']
      ? environment['MESH_KAFKA_SECURITY'] || null
      : 'SASL_PLAINTEXT',
    registryUrl: environment['MESH_REGISTRY_URL'] || registryUrl(ports['registry'] ?? 0),
    oidcIssuer: issuer.issuer,
    governanceUrl: urlOf(ports, 'governance'),
  };
}

function urlOf(ports: Ports, use: string): string {
  return `http://127.0.0.1:${ports[use]}`;
}

/**
 * The client secret and key of every service. The clients of our own services and of every domain are made even
 * where their processes are not started (a test plays them); identity reads svc-* and domain-*.
 */
function makeSecrets(home: Home, services: readonly Service[], domains: readonly string[]): void {
  for (const one of services) keyFile(home, one.name);
  const ours = [
    ...['governance', 'ledger-sealer', 'disclosure', 'care-disclosure', 'monitor', 'output-ports'],
  ].map((name) => `svc-${name}`);
  const clients = [...ours, ...domains.map((name) => `domain-${name}`)];
  for (const client of new Set([...clients, ...services.map(clientIdOf)])) secretOf(home, client);
}

function clientIdOf({ kind, name }: Service): string {
  return kind === 'domain' ? `domain-${name}` : `svc-${name}`;
}

function databasesOf({ services }: Parts): Database[] {
  return [
    ...services.map((one) => ({ name: databaseOf(one), makesRoles: one.makesRoles })),
    { name: REGISTRY_DATABASE, makesRoles: false },
  ];
}

/** The administrator's address of the database server: the site's, or the embedded one's. */
function serverUrl({ environment, home, ports }: Parts): string {
  return environment['MESH_DATABASE_URL'] || adminUrl(home, ports['postgresql'] ?? 0);
}

async function provisionForeignServer(parts: Parts): Promise<void> {
  if (!parts.environment['MESH_DATABASE_URL']) return;
  await provisionDatabases(serverUrl(parts), databasesOf(parts), (name) =>
    secretOf(parts.home, `db-${name}`),
  );
}

function embedded(parts: Parts): Component[] {
  const { home, ports, issuer, environment, root, only } = parts;
  const target = join(root, 'infra', 'local', 'target');
  const bare = childEnvironment(parts);
  // A test's home lives for one start: keeping classes for the next would only slow its stop.
  const archive = (name: string) =>
    parts.mode === 'test' ? null : join(home.data, `${name}-classes.jsa`);
  const given = {
    postgresql: environment['MESH_DATABASE_URL'],
    kafka: environment['MESH_KAFKA_BROKERS'],
    registry: environment['MESH_REGISTRY_URL'],
  };
  const all = {
    postgresql: () => postgresql(home, ports['postgresql'] ?? 0, databasesOf(parts), bare),
    kafka: () =>
      kafka(home, {
        ports: {
          client: ports['kafka.client'] ?? 0,
          internal: ports['kafka.internal'] ?? 0,
          controller: ports['kafka.controller'] ?? 0,
        },
        issuer: issuer.issuer,
        jwksUrl: issuer.jwksUrl,
        principalClaim: environment['MESH_OIDC_ISSUER'] ? 'sub' : 'principal',
        // A test watches a topic being emptied, and has seconds.
        isHasty: parts.mode === 'test',
        jars: join(target, 'kafka'),
        environment: bare,
        archive: archive('kafka'),
      }),
    registry: () =>
      registry({
        port: ports['registry'] ?? 0,
        issuer: issuer.issuer,
        database: registryDatabase(parts),
        program: join(target, 'apicurio'),
        environment: bare,
        archive: archive('registry'),
      }),
  };
  return EMBEDDED.filter((name) => !given[name])
    .filter((name) => only === undefined || only.includes(name))
    .map((name) => all[name]());
}

function registryDatabase(parts: Parts): { url: string; user: string; password: string } {
  const { host, search } = new URL(serverUrl(parts));
  return {
    url: `jdbc:postgresql://${host}/${REGISTRY_DATABASE}${search}`,
    user: REGISTRY_DATABASE,
    password: secretOf(parts.home, `db-${REGISTRY_DATABASE}`),
  };
}

/** Nobody but the mesh is in the embedded registry; in a site's own others may be, unless it says that they are not. */
function isRegistryShared({ environment }: Parts): string {
  return environment['MESH_REGISTRY_URL'] ? environment['MESH_REGISTRY_SHARED'] || 'true' : 'false';
}

function ownService(of: Service, instance: string, parts: Parts): Component {
  const { root, home, ports, endpoints, mode } = parts;
  const own = (source: string) => ports[`${of.name}.${source}`] ?? 0;
  const database = databaseOf(of);
  const given =
    parts.environment[`MESH_DATABASE_URL_${of.name.toUpperCase().replaceAll('-', '_')}`];
  const port = ports[instance] ?? 0;
  return service(
    { ...of, name: instance },
    {
      root,
      after: dependenciesOf(of),
      ports: [port, ...of.ports.map(own)],
      environment: {
        ...childEnvironment(parts),
        MESH_REGISTRY_SHARED: isRegistryShared(parts),
        ...serviceEnvironmentOf({
          mode,
          home: home.root,
          service: of.name,
          port,
          databaseUrl:
            given || databaseUrl(serverUrl(parts), database, secretOf(home, `db-${database}`)),
          endpoints,
          clientId: clientIdOf(of),
          clientSecretFile: secretFile(home, clientIdOf(of)),
          keyFile: keyFile(home, of.name),
          schemasDir: resolve(root, 'schemas'),
          sourcePorts: Object.fromEntries(of.ports.map((source) => [source, own(source)])),
        }),
      },
    },
  );
}

/** PostgreSQL, identity, Kafka, registry, governance, then everybody else. */
function dependenciesOf({ name }: Service): string[] {
  if (name === 'identity') return ['postgresql'];
  if (name === 'governance') return ['postgresql', 'identity', 'kafka', 'registry'];
  return ['governance', 'postgresql', 'identity', 'kafka', 'registry'];
}

/** A dependency that the site runs, or that was not asked for, is not waited for. */
function onlyPresent(components: Component[]): Component[] {
  const names = new Set(components.map(({ name }) => name));
  return components.map((one) => ({ ...one, after: one.after.filter((name) => names.has(name)) }));
}

/** What every process gets: the caller's environment without npm's, a token's or a service's own values. */
function childEnvironment({ environment, home }: Parts): NodeJS.ProcessEnv {
  const dropped = /^(npm_|NODE_OPTIONS$|VITEST|MESH_TOKEN$|MESH_DATABASE_URL)/;
  const kept = Object.entries(withoutLibpq(environment)).filter(([name]) => !dropped.test(name));
  // glibc keeps up to 8 heaps a core for a process of many threads, and gives none back: two are enough here.
  const frugal = { MALLOC_ARENA_MAX: '2' };
  return { ...frugal, ...Object.fromEntries(kept), TZ: 'UTC', [MARKER]: home.root };
}
