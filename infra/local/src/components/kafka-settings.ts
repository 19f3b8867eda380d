/** What the broker's settings are made from. */
export type KafkaFacts = {
  ports: { client: number; internal: number; controller: number };
  data: string;
  /** The broker's own password, on the two listeners that only it uses. */
  brokerPassword: string;
  issuer: string;
  jwksUrl: string;
  audience: string;
  /** Claim that names the principal. Ours is in machines' tokens alone; a site's own provider has `sub`. */
  principalClaim: string;
  /** Looks every second, not every five minutes, for what a topic need not keep, and takes the files away at once. */
  isHasty: boolean;
};

/**
 * server.properties of the one broker and controller. Every listener authenticates; who is not in an
 * access rule may do nothing; the only super user is the broker itself, which no token can name (the
 * client listener takes tokens alone, and their `sub` is never `broker`).
 */
export function kafkaSettings(facts: KafkaFacts): string {
  const { ports, isHasty } = facts;
  return properties({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'log.dirs': facts.data,
    ...listeners(ports),
    ...internalCredential('internal', facts.brokerPassword),
    ...internalCredential('controller', facts.brokerPassword),
    ...tokenListener(facts),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    'super.users': 'User:broker',
    'auto.create.topics.enable': 'false',
    ...singleBroker,
    // A record is limited by the checks to far less; a batch may be larger.
    'message.max.bytes': '4194304',
    'replica.fetch.max.bytes': '4194304',
    'group.initial.rebalance.delay.ms': '0',
    // Topics carry their own retention; the offsets of a group that pauses over a holiday stay.
    'offsets.retention.minutes': '43200',
    'num.network.threads': '3',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '16777216',
    'log.cleaner.io.buffer.size': '262144',
    'log.cleaner.backoff.ms': '5000',
    ...(isHasty ? hasty : {}),
  });
}

function listeners(ports: KafkaFacts['ports']): Record<string, string> {
  return {
    listeners: [
      `CLIENT://127.0.0.1:${ports.client}`,
      `INTERNAL://127.0.0.1:${ports.internal}`,
      `CONTROLLER://127.0.0.1:${ports.controller}`,
    ].join(','),
    'advertised.listeners': `CLIENT://127.0.0.1:${ports.client},INTERNAL://127.0.0.1:${ports.internal}`,
    // Plain text on loopback only; a site's own broker brings TLS.
    'listener.security.protocol.map':
      'CLIENT:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
  };
}

function internalCredential(listener: string, password: string): Record<string, string> {
  return {
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: 'PLAIN',
    [`listener.name.${listener}.plain.sasl.jaas.config`]:
      'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
      `username="broker" password="${password}" user_broker="${password}";`,
  };
}

function tokenListener(facts: KafkaFacts): Record<string, string> {
  const { principalClaim } = facts;
  const prefix = 'listener.name.client';
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'OAUTHBEARER',
    [`${prefix}.oauthbearer.sasl.jaas.config`]:
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
    // Without a validator Kafka would take unsigned tokens.
    [`${prefix}.oauthbearer.sasl.server.callback.handler.class`]:
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
    // Kafka 4.1's own choice here is a client's validator, which looks at a token's form and at neither its
    // signature nor its audience: whoever wrote `sub: broker` into a token would be super user.
    'sasl.oauthbearer.jwt.validator.class':
      'org.apache.kafka.common.security.oauthbearer.BrokerJwtValidator',
    'sasl.oauthbearer.jwks.endpoint.url': facts.jwksUrl,
    'sasl.oauthbearer.expected.audience': facts.audience,
    'sasl.oauthbearer.expected.issuer': facts.issuer,
    'sasl.oauthbearer.sub.claim.name': principalClaim,
    // No longer than a token lives, so that a stolen one dies with it.
    [`${prefix}.oauthbearer.connections.max.reauth.ms`]: '300000',
    'connections.max.reauth.ms': '300000',
  };
}

const hasty = { 'log.retention.check.interval.ms': '1000', 'log.segment.delete.delay.ms': '100' };

const singleBroker = {
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '10',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '10',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'default.replication.factor': '1',
  'min.insync.replicas': '1',
};

/** Java reads such a file as Latin-1, and takes a backslash for the beginning of something: both are spelt out. */
function properties(entries: Record<string, string>): string {
  const spelt = (text: string) =>
    text.replace(
      /[^\x20-\x5b\x5d-\x7e]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return `${Object.entries(entries)
    .map(([name, value]) => `${name}=${spelt(value)}`)
    .join('\n')}\n`;
}

/** The JVM must be told which addresses it may fetch signing keys from; the default is none. */
export function kafkaJvmOptions(jwksUrl: string): string[] {
  return [
    '-Xms256m',
    '-Xmx512m',
    '-XX:+UseG1GC',
    '-XX:MaxDirectMemorySize=128m',
    `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${jwksUrl}`,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    '-Djava.awt.headless=true',
  ];
}
