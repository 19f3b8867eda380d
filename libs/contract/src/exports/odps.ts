import { productTopic } from '../envelope/names.js';
import type { DataContract } from '../promise/data-contract.js';
import { inputContracts } from './lineage.js';
import {
  keywordsOf,
  lifecycleWord,
  newest,
  type MeshPlaces,
  type PublishedVersion,
  type StandingWaiver,
} from './published-version.js';

const property = (name: string, value: unknown) => ({ property: name, value });

/**
 * The product as a document of the Open Data Product Standard 1.0.0 (Bitol): one output port for each major version,
 * with the ODCS contract it is bound to; an input port for each product it is made from.
 * @param versions the newest version of each major, oldest major first
 * @param waivers the exceptions that hold now
 */
export function odpsOf(
  versions: readonly PublishedVersion[],
  places: MeshPlaces,
  waivers: readonly StandingWaiver[] = [],
): object {
  const { contract, status } = newest(versions);
  const first = versions[0]?.publishedAt ?? null;
  return {
    apiVersion: 'v1.0.0',
    kind: 'DataProduct',
    id: `urn:caremesh:${contract.product}`,
    name: contract.title,
    version: contract.version,
    status: lifecycleWord(status),
    domain: contract.domain,
    ...(contract.owner.ods === null ? {} : { tenant: contract.owner.ods }),
    description: contract.description,
    tags: keywordsOf(contract),
    inputPorts: inputContracts(contract).map(({ id, product, major }) => ({
      name: productTopic(product, major),
      version: String(major),
      contractId: id,
    })),
    outputPorts: versions.map(outputPort),
    managementPorts: managementPorts(contract.product, places),
    support: contract.support.map(supportChannel),
    team: {
      name: contract.owner.team,
      ...(contract.owner.description === null ? {} : { description: contract.owner.description }),
    },
    customProperties: [
      ...promises(contract),
      ...(waivers.length === 0 ? [] : [property('waivers', waivers)]),
    ],
    ...(first === null ? {} : { productCreatedTs: first }),
  };
}

function outputPort({ contract, status, schemaId }: PublishedVersion): object {
  return {
    name: productTopic(contract.product, contract.major),
    description: `Records of ${contract.title}, major version ${contract.major}: Avro on a compacted Kafka topic.`,
    type: 'kafka',
    version: contract.version,
    contractId: contract.id,
    inputContracts: inputContracts(contract).map(({ id, major }) => ({
      id,
      version: String(major),
    })),
    customProperties: [
      property('status', lifecycleWord(status)),
      ...(schemaId === null ? [] : [property('schemaId', schemaId)]),
    ],
  };
}

function managementPorts(product: string, { governanceUrl }: MeshPlaces): object[] {
  const at = `${governanceUrl}/v1/products/${product}`;
  return [
    { name: 'catalogue', content: 'discoverability', type: 'rest', url: at },
    { name: 'fields', content: 'dictionary', type: 'rest', url: `${at}/fields` },
  ];
}

/** ODPS wants an address for every channel; one without is named by a URN of the mesh. */
function supportChannel({ channel, url, scope }: DataContract['support'][number]): object {
  return {
    channel,
    url: url ?? `urn:caremesh:support:${channel}`,
    ...(scope === null ? {} : { scope }),
  };
}

function promises(contract: DataContract): object[] {
  return [
    property('careSetting', contract.careSetting),
    property('purposes', contract.purposes),
    property('legalBasis', contract.legalBasis),
    property('standards', contract.standards),
    property('freshness', contract.freshness.within),
    property('retention', contract.retention.records),
    property('completeness', contract.completeness),
  ];
}
