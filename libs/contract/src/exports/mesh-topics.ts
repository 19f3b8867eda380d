import { GOVERNANCE_EVENTS_TOPIC, LEDGER_CHECKPOINTS_TOPIC } from '../envelope/names.js';
import {
  avroMessage,
  jsonMessage,
  kafkaChannel,
  kafkaServer,
  operationOn,
  tokenScheme,
} from './kafka-parts.js';
import type { MeshPlaces } from './published-version.js';
import { eventHeaders } from './record-headers.js';

/** A topic of the mesh itself: its Avro schema, and what is said of it beyond the schema's own words. */
type MeshTopic = {
  topic: string;
  schema: object;
  title: string;
  key: string;
  sender: string;
};

/** What the topics of the mesh are called for people, by name. */
const ABOUT: Record<string, Omit<MeshTopic, 'topic' | 'schema'>> = {
  [GOVERNANCE_EVENTS_TOPIC]: {
    title: 'Governance events',
    key: 'The subject of the event, so that events of one subject stay in order.',
    sender: 'svc-governance',
  },
  [LEDGER_CHECKPOINTS_TOPIC]: {
    title: 'Ledger checkpoints',
    key: 'The origin of the ledger.',
    sender: 'svc-ledger-sealer',
  },
};

/**
 * The mesh's own topics as one AsyncAPI 3.0.0 document, from the side of governance, which alone writes them.
 * @param schemas by topic: an Avro record, or the JSON Schema of a topic whose messages are JSON
 */
export function meshAsyncApi(
  schemas: Readonly<Record<string, object>>,
  places: MeshPlaces,
): object {
  const topics = Object.entries(schemas).map(([topic, schema]) => ({
    topic,
    schema,
    ...(ABOUT[topic] ?? { title: topic, key: 'Key of the message.', sender: 'svc-governance' }),
  }));
  const entries = (make: (one: MeshTopic, name: string) => object) =>
    Object.fromEntries(topics.map((one) => [nameOf(one), make(one, nameOf(one))]));
  return {
    asyncapi: '3.0.0',
    id: 'urn:caremesh:mesh',
    info: {
      title: 'Caremesh: topics of the mesh itself',
      version: '1.0.0',
      description:
        'What governance tells. An event is a hint to look: what is true now is what the governance API answers.',
    },
    defaultContentType: 'avro/binary',
    servers: { mesh: kafkaServer(places) },
    channels: entries(channelOf),
    operations: Object.fromEntries(
      topics.map((one) => [
        `send-${nameOf(one)}`,
        operationOn(nameOf(one), 'send', `Tell: ${one.title}`),
      ]),
    ),
    components: {
      messages: entries(messageOf),
      securitySchemes: { token: tokenScheme(places) },
    },
  };
}

/** `governance-events-v1` of `mesh.governance-events.v1`. */
const nameOf = ({ topic }: MeshTopic): string => topic.replace(/^mesh\./, '').replaceAll('.', '-');

function channelOf({ topic, title, sender, schema }: MeshTopic, name: string): object {
  const description = `${docOf(schema)} Written by ${sender} alone.`;
  return kafkaChannel(topic, name, { title, description, cleanup: 'delete' });
}

function messageOf({ title, schema, key }: MeshTopic): object {
  const about = {
    name: nameIn(schema),
    title,
    summary: docOf(schema),
    key: { type: 'string', description: key },
  };
  if (!isAvro(schema)) return jsonMessage(schema, about);
  return avroMessage(schema, { ...about, headers: eventHeaders() });
}

type Words = { name?: string; doc?: string; title?: string; description?: string; type?: string };

const isAvro = (schema: Words): boolean => schema.type === 'record';
const nameIn = ({ name, title }: Words): string => name ?? title ?? 'Message';
const docOf = ({ doc, description }: Words): string => doc ?? description ?? '';
