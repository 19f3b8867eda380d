import { join } from 'node:path';
import type { Component } from '../supervisor/component.js';
import { answerOf } from './answers.js';
import { classArchive, JAVA_STOP_MS, javaCommand, javaEnvironment } from './java.js';

type Options = {
  port: number;
  issuer: string;
  database: { url: string; user: string; password: string };
  /** Folder of the unpacked archive. */
  program: string;
  environment: NodeJS.ProcessEnv;
  /** Where readied classes are kept; null to keep none. */
  archive: string | null;
};

/**
 * Settings of the embedded schema registry. Every caller needs a token except to read schemas; to write,
 * the role `sr-admin` in the token's `groups`, which only governance has.
 */
export function registrySettings(options: Options): Record<string, string> {
  return {
    QUARKUS_HTTP_HOST: '127.0.0.1',
    QUARKUS_HTTP_PORT: String(options.port),
    // Health on the same port, nothing on a port of its own.
    QUARKUS_MANAGEMENT_ENABLED: 'false',
    QUARKUS_OIDC_TENANT_ENABLED: 'true',
    QUARKUS_OIDC_AUTH_SERVER_URL: options.issuer,
    QUARKUS_OIDC_CLIENT_ID: 'svc-registry',
    QUARKUS_OIDC_APPLICATION_TYPE: 'service',
    QUARKUS_OIDC_TOKEN_AUDIENCE: 'mesh-registry',
    QUARKUS_OIDC_TOKEN_ISSUER: options.issuer,
    QUARKUS_OIDC_TOKEN_SIGNATURE_ALGORITHM: 'rs256',
    QUARKUS_OIDC_ROLES_ROLE_CLAIM_PATH: 'groups',
    QUARKUS_OIDC_CONNECTION_DELAY: '30S',
    APICURIO_AUTH_ENABLED: 'true',
    APICURIO_AUTH_ROLE_BASED_AUTHORIZATION: 'true',
    APICURIO_AUTH_ROLE_SOURCE: 'token',
    APICURIO_AUTH_ROLES_ADMIN: 'sr-admin',
    APICURIO_AUTH_ROLES_DEVELOPER: 'sr-developer',
    APICURIO_AUTH_ROLES_READONLY: 'sr-readonly',
    APICURIO_AUTH_ANONYMOUS_READ_ACCESS_ENABLED: 'true',
    // Without it a token without a role could read less than no token at all.
    APICURIO_AUTH_AUTHENTICATED_READ_ACCESS_ENABLED: 'true',
    APICURIO_STORAGE_KIND: 'sql',
    APICURIO_STORAGE_SQL_KIND: 'postgresql',
    APICURIO_DATASOURCE_URL: options.database.url,
    APICURIO_DATASOURCE_USERNAME: options.database.user,
    APICURIO_DATASOURCE_PASSWORD: options.database.password,
    APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
    APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
    APICURIO_DATASOURCE_JDBC_MAX_SIZE: '10',
    QUARKUS_LOG_LEVEL: 'WARN',
    QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
    QUARKUS_LOG_CONSOLE_JSON: 'false',
    QUARKUS_BANNER_ENABLED: 'false',
  };
}

/**
 * What may be asked without being governance, whatever the program's own rules say: schemas and health.
 * Everything else there is (its own interface, metrics, pages, settings) needs the role. As JVM
 * properties, because Quarkus cannot read these names from the environment.
 */
export function registryDoors(): string[] {
  const schemas =
    '/apis/ccompat/v7/subjects,/apis/ccompat/v7/subjects/*,/apis/ccompat/v7/schemas/*';
  // Apicurio's own deserializers (Java) read a schema by its id here.
  const byId = '/apis/registry/v3/ids/*';
  // Confluent's Python client asks here first which subject belongs to a topic. This registry has no such
  // thing; only 404 makes the client go on to the subject's ordinary name.
  const associations = '/apis/ccompat/v7/associations/*';
  return [
    '-Dquarkus.http.auth.policy.governance.roles-allowed=sr-admin',
    '-Dquarkus.http.auth.permission.closed.paths=/*',
    '-Dquarkus.http.auth.permission.closed.policy=governance',
    `-Dquarkus.http.auth.permission.open.paths=${schemas},${byId},${associations},/health,/health/*`,
    '-Dquarkus.http.auth.permission.open.policy=permit',
  ];
}

/** Its own INFO is two lines for each request that is signed in, and governance asks all day. */
const QUIET = '-Dquarkus.log.category."io.apicurio".level=WARN';

/** Full base of the Confluent-compatible interface. */
export function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`;
}

/** The embedded schema registry (Apicurio), with its content in PostgreSQL. */
export function registry(options: Options): Component {
  return {
    name: 'registry',
    after: ['postgresql', 'identity'],
    ports: [options.port],
    stopSignal: 'SIGTERM',
    stopMs: JAVA_STOP_MS,
    launch: () => ({
      file: javaCommand(options.environment),
      args: [
        ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'],
        ...registryDoors(),
        QUIET,
        ...classArchive(options.archive),
        ...['-jar', join(options.program, 'apicurio-registry-app-3.0.9-runner.jar')],
      ],
      env: { ...javaEnvironment(options.environment), ...registrySettings(options) },
      cwd: options.program,
    }),
    probe: async () => (await answerOf(`${registryUrl(options.port)}/subjects`))?.status === 200,
    // Without its database it answers with an error, and lives; one that hangs still listens. `/` asks for a role first of all.
    alive: async () => (await answerOf(`http://127.0.0.1:${options.port}/`)) !== null,
  };
}
