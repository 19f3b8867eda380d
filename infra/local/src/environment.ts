/** Where the shared parts listen, embedded or the site's. */
export type Endpoints = {
  kafkaBrokers: string;
  /** `SASL_SSL` or `SASL_PLAINTEXT`; null leaves it to the mode. */
  kafkaSecurity: string | null;
  /** Full base of the Confluent-compatible interface. */
  registryUrl: string;
  oidcIssuer: string;
  governanceUrl: string;
};

type ServiceFacts = {
  mode: string;
  home: string;
  service: string;
  port: number;
  databaseUrl: string;
  endpoints: Endpoints;
  clientId: string;
  clientSecretFile: string;
  keyFile: string;
  schemasDir: string;
  /** Ports of sources that listen themselves (`mllp`), by source. */
  sourcePorts: Record<string, number>;
};

/** The variables every service of ours reads (libs/platform parses them). */
export function serviceEnvironmentOf(facts: ServiceFacts): Record<string, string> {
  const { endpoints } = facts;
  return {
    MESH_MODE: facts.mode,
    MESH_HOME: facts.home,
    MESH_SERVICE: facts.service,
    MESH_HOST: '127.0.0.1',
    MESH_PORT: String(facts.port),
    MESH_DATABASE_URL: facts.databaseUrl,
    MESH_KAFKA_BROKERS: endpoints.kafkaBrokers,
    MESH_KAFKA_SECURITY: endpoints.kafkaSecurity ?? '',
    MESH_REGISTRY_URL: endpoints.registryUrl,
    MESH_OIDC_ISSUER: endpoints.oidcIssuer,
    MESH_GOVERNANCE_URL: endpoints.governanceUrl,
    MESH_CLIENT_ID: facts.clientId,
    MESH_CLIENT_SECRET_FILE: facts.clientSecretFile,
    MESH_KEY_FILE: facts.keyFile,
    MESH_SCHEMAS_DIR: facts.schemasDir,
    ...Object.fromEntries(
      Object.entries(facts.sourcePorts).map(([source, port]) => [
        `MESH_${source.toUpperCase().replaceAll('-', '_')}_PORT`,
        String(port),
      ]),
    ),
  };
}

/**
 * An environment without what libpq's clients read from it (`PGHOST`, `PGSSLMODE`, `PGOPTIONS`): in the shell of an analyst it
 * speaks of a credential of theirs, and every part of the mesh would do as it says. Kept for a site's own server, of which
 * it may speak.
 */
export function withoutLibpq(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(environment);
  if (entries.some(([name, value]) => name.startsWith('MESH_DATABASE_URL') && value))
    return environment;
  return Object.fromEntries(entries.filter(([name]) => !/^PG([A-Z]+|CONNECT_TIMEOUT)$/.test(name)));
}
