import type { ClientCredential } from './credential.js';

/** confluent-kafka for Python: the two dictionaries its Consumer and SchemaRegistryClient take. */
export function python(credential: ClientCredential): string {
  const consumer = librdkafkaSettings(credential, 'python');
  const entries = Object.entries(consumer).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  );
  return [
    'CONSUMER = {',
    ...entries,
    '}',
    `REGISTRY = {"url": ${JSON.stringify(credential.registryUrl)}}`,
    `TOPICS = ${JSON.stringify(credential.topics)}`,
  ].join('\n');
}

/** librdkafka's properties file (kcat -F, and every client built on librdkafka). */
export function librdkafka(credential: ClientCredential): string {
  return properties(librdkafkaSettings(credential, 'librdkafka'));
}

/**
 * Kafka's own Java clients and console tools: a properties file. Since Kafka 4.0 they ask for tokens nowhere but where a
 * property of the JVM lets them, which no file can set: it says which.
 */
export function java(credential: ClientCredential): string {
  const module = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule';
  const { clientId, clientSecret, scope } = credential;
  const login = [
    `${module} required`,
    `clientId="${clientId}"`,
    `clientSecret="${clientSecret}"`,
    `scope="${scope}";`,
  ];
  const settings = properties({
    'bootstrap.servers': credential.bootstrap,
    'security.protocol': credential.securityProtocol,
    'sasl.mechanism': credential.saslMechanism,
    'sasl.oauthbearer.token.endpoint.url': credential.tokenUrl,
    'sasl.login.callback.handler.class':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler',
    'sasl.jaas.config': login.join(' '),
    'group.id': `${credential.groupPrefix}java`,
    'auto.offset.reset': 'earliest',
  });
  const allowed = `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${credential.tokenUrl}`;
  return `# java ${allowed} ...\n${settings}`;
}

/** @platformatic/kafka: an ES module that exports the options of its Consumer. */
export function node(credential: ClientCredential): string {
  const { clientId, clientSecret, tokenUrl, scope } = credential;
  const text = (value: unknown) => JSON.stringify(value);
  return [
    'async function token() {',
    `  const answer = await fetch(${text(tokenUrl)}, {`,
    "    method: 'POST',",
    '    body: new URLSearchParams({',
    "      grant_type: 'client_credentials',",
    `      client_id: ${text(clientId)},`,
    `      client_secret: ${text(clientSecret)},`,
    `      scope: ${text(scope)},`,
    '    }),',
    '  });',
    '  return (await answer.json()).access_token;',
    '}',
    ...nodeExports(credential),
  ].join('\n');
}

/** What the module for Node exports, whichever way its `token` is had. */
export function nodeExports(credential: ClientCredential): string[] {
  const { clientId, saslMechanism, bootstrap } = credential;
  const tls = credential.securityProtocol === 'SASL_SSL' ? ['  tls: {},'] : [];
  const text = (value: unknown) => JSON.stringify(value);
  return [
    '',
    'export const consumer = {',
    `  clientId: ${text(clientId)},`,
    `  groupId: ${text(`${credential.groupPrefix}node`)},`,
    `  bootstrapBrokers: ${text(bootstrap.split(','))},`,
    `  sasl: { mechanism: ${text(saslMechanism)}, token },`,
    ...tls,
    '  maxWaitTime: 1000,',
    '};',
    `export const topics = ${text(credential.topics)};`,
    `export const registryUrl = ${text(credential.registryUrl)};`,
  ];
}

function librdkafkaSettings(credential: ClientCredential, group: string): Record<string, string> {
  return {
    'bootstrap.servers': credential.bootstrap,
    'security.protocol': credential.securityProtocol,
    'sasl.mechanisms': credential.saslMechanism,
    'sasl.oauthbearer.method': 'oidc',
    'sasl.oauthbearer.client.id': credential.clientId,
    'sasl.oauthbearer.client.secret': credential.clientSecret!,
    'sasl.oauthbearer.token.endpoint.url': credential.tokenUrl,
    'sasl.oauthbearer.scope': credential.scope,
    'group.id': `${credential.groupPrefix}${group}`,
    'auto.offset.reset': 'earliest',
  };
}

function properties(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}
