import type { MeshPlaces } from './published-version.js';

/** Version of AsyncAPI's Kafka binding that the documents follow. */
const BINDING = '0.5.0';
const AVRO = 'application/vnd.apache.avro+json;version=1.9.0';

type JsonSchema = Record<string, unknown>;

/** The broker, with the registry that its records name their schemas in. */
export function kafkaServer({ bootstrap, registryUrl, encrypted }: MeshPlaces): object {
  return {
    host: bootstrap.split(',')[0],
    protocol: encrypted ? 'kafka-secure' : 'kafka',
    description: `Bootstrap servers: ${bootstrap}`,
    security: [{ $ref: '#/components/securitySchemes/token' }],
    bindings: {
      kafka: {
        schemaRegistryUrl: registryUrl,
        schemaRegistryVendor: 'confluent',
        bindingVersion: BINDING,
      },
    },
  };
}

/** SASL/OAUTHBEARER with a token that a grant's or a domain's client asks for. */
export function tokenScheme({ tokenUrl }: MeshPlaces): object {
  return {
    type: 'oauth2',
    description: 'SASL/OAUTHBEARER: the token has the audience mesh-kafka.',
    flows: { clientCredentials: { tokenUrl, availableScopes: {} } },
  };
}

/** A topic with one kind of message, that of `components.messages.<message>`. */
export function kafkaChannel(
  topic: string,
  message: string,
  about: { title: string; description: string; cleanup: 'compact' | 'delete' },
): object {
  const { title, description, cleanup } = about;
  return {
    address: topic,
    title,
    description,
    servers: [{ $ref: '#/servers/mesh' }],
    messages: { record: { $ref: `#/components/messages/${message}` } },
    bindings: {
      kafka: {
        topic,
        topicConfiguration: { 'cleanup.policy': [cleanup] },
        bindingVersion: BINDING,
      },
    },
  };
}

/** What is done on a channel by whom the document is of. */
export function operationOn(channel: string, action: 'send' | 'receive', title: string): object {
  return {
    action,
    title,
    channel: { $ref: `#/channels/${channel}` },
    messages: [{ $ref: `#/channels/${channel}/messages/record` }],
  };
}

/** What a message holds besides its payload. */
type MessageAbout = {
  name: string;
  title: string;
  summary: string;
  headers?: JsonSchema;
  key: JsonSchema;
};

/** An Avro message in the Confluent format: a zero byte, four bytes of schema id, the record. */
export function avroMessage(schema: object, about: MessageAbout): object {
  const { key, ...rest } = about;
  return {
    ...rest,
    contentType: 'avro/binary',
    payload: { schemaFormat: AVRO, schema },
    bindings: {
      kafka: {
        key,
        schemaIdLocation: 'payload',
        schemaIdPayloadEncoding: '4',
        bindingVersion: BINDING,
      },
    },
  };
}

/** A message of JSON text. */
export function jsonMessage(schema: object, about: MessageAbout): object {
  const { key, ...rest } = about;
  return {
    ...rest,
    contentType: 'application/json',
    payload: schema,
    bindings: { kafka: { key, bindingVersion: BINDING } },
  };
}
