import { productTopic } from '../envelope/names.js';
import { avroMessage, kafkaChannel, kafkaServer, operationOn, tokenScheme } from './kafka-parts.js';
import { keywordsOf, newest, waiverSentence } from './published-version.js';
import type { MeshPlaces, PublishedVersion, StandingWaiver } from './published-version.js';
import { recordHeaders } from './record-headers.js';

/**
 * The product as an AsyncAPI 3.0.0 document, from the side of the domain that publishes it: a channel, a message and a
 * `send` operation for each major version, the approved Avro schema as its payload.
 * @param versions the newest version of each major, oldest major first
 * @param waivers the exceptions that hold now
 */
export function asyncApiOf(
  versions: readonly PublishedVersion[],
  places: MeshPlaces,
  waivers: readonly StandingWaiver[] = [],
): object {
  const { contract } = newest(versions);
  const address = contract.support.find(({ url }) => url !== null)?.url ?? null;
  return {
    asyncapi: '3.0.0',
    id: `urn:caremesh:${contract.product}`,
    info: {
      title: contract.title,
      version: contract.version,
      description: [
        contract.description.purpose,
        contract.description.limitations,
        ...waivers.map(waiverSentence),
      ].join('\n\n'),
      contact: { name: contract.owner.team, ...contactOf(address) },
      tags: keywordsOf(contract).map((name) => ({ name })),
      ...(waivers.length === 0 ? {} : { 'x-caremesh-waivers': waivers }),
    },
    defaultContentType: 'avro/binary',
    servers: { mesh: kafkaServer(places) },
    channels: Object.fromEntries(versions.map((one) => [majorOf(one), channelOf(one)])),
    operations: Object.fromEntries(
      versions.map((one) => [
        `publish-${majorOf(one)}`,
        operationOn(majorOf(one), 'send', `Publish records of ${one.contract.title}`),
      ]),
    ),
    components: {
      messages: Object.fromEntries(versions.map((one) => [majorOf(one), messageOf(one)])),
      securitySchemes: { token: tokenScheme(places) },
    },
  };
}

const majorOf = ({ contract }: PublishedVersion): string => `v${contract.major}`;

function contactOf(url: string | null): object {
  if (url === null) return {};
  return url.startsWith('mailto:') ? { email: url.slice('mailto:'.length) } : { url };
}

function channelOf(one: PublishedVersion): object {
  const { contract, status } = one;
  const topic = productTopic(contract.product, contract.major);
  const about = `${contract.title}, major version ${contract.major}`;
  return kafkaChannel(topic, majorOf(one), {
    title: about,
    description:
      status === 'published'
        ? 'Latest state of every record, compacted by key. Read under a grant for individual care; every other purpose reads a view of its own.'
        : `This major version is ${status}.`,
    cleanup: 'compact',
  });
}

function messageOf({ contract, schema, schemaId }: PublishedVersion): object {
  return avroMessage(schema, {
    name: schemaName(schema),
    title: contract.title,
    summary: contract.description.usage,
    headers: recordHeaders(contract, schemaId),
    key: {
      type: 'string',
      pattern: '^(?:[a-z2-7]{26}|-)\\.[a-z2-7]{26}$',
      description: '<person>.<record>: derived under a secret key, it says nothing by itself.',
    },
  });
}

function schemaName(schema: object): string {
  return String((schema as { name?: unknown }).name ?? 'Record');
}
