import { productTopic, subjectOf } from '../envelope/names.js';
import type { DataContract } from '../promise/data-contract.js';
import { inputContracts } from './lineage.js';
import { keywordsOf, newest, waiverSentence } from './published-version.js';
import type { MeshPlaces, PublishedVersion, StandingWaiver } from './published-version.js';

const EU = 'http://publications.europa.eu/resource/authority';

const CONTEXT = {
  dcat: 'http://www.w3.org/ns/dcat#',
  dct: 'http://purl.org/dc/terms/',
  foaf: 'http://xmlns.com/foaf/0.1/',
  vcard: 'http://www.w3.org/2006/vcard/ns#',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  adms: 'http://www.w3.org/ns/adms#',
  rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
};

/** English text. */
const en = (value: string) => ({ '@value': value, '@language': 'en' });
/** A resource of another vocabulary, with its class, so that a validator without that vocabulary can tell. */
const typed = (id: string, type: string, more: object = {}) => ({
  '@id': id,
  '@type': type,
  ...more,
});
const concept = (id: string, label: string) =>
  typed(id, 'skos:Concept', { 'skos:prefLabel': en(label) });

/**
 * The product as a DCAT-AP 3 dataset in JSON-LD: found by anybody's catalogue, read by nobody without a grant. A
 * distribution for each major version that is not retired, reached through the mesh's broker as its data service.
 * @param versions the newest version of each major, oldest major first
 * @param waivers the exceptions that hold now
 */
export function dcatOf(
  versions: readonly PublishedVersion[],
  places: MeshPlaces,
  waivers: readonly StandingWaiver[] = [],
): object {
  const { contract, publishedAt } = newest(versions);
  const id = datasetId(contract.product, places);
  const issued = versions[0]?.publishedAt ?? null;
  return {
    '@context': CONTEXT,
    '@id': id,
    '@type': 'dcat:Dataset',
    'dct:identifier': contract.product,
    'dct:title': en(contract.title),
    'dct:description': en(Object.values(contract.description).filter(Boolean).join(' ')),
    'dct:publisher': publisherOf(contract),
    'dcat:contactPoint': contract.support.map((one) => contactPoint(one, contract)),
    'dcat:theme': [concept(`${EU}/data-theme/HEAL`, 'Health')],
    'dcat:keyword': keywordsOf(contract).map(en),
    'dct:accessRights': typed(`${EU}/access-right/NON_PUBLIC`, 'dct:RightsStatement'),
    'dct:language': typed(`${EU}/language/ENG`, 'dct:LinguisticSystem'),
    'dct:spatial': typed(`${EU}/country/GBR`, 'dct:Location'),
    'dct:conformsTo': contract.standards.map(({ id: standard, title }) => ({
      '@type': 'dct:Standard',
      'dct:identifier': standard,
      'dct:title': en(title),
    })),
    'dct:source': inputContracts(contract).map(({ product }) =>
      typed(datasetId(product, places), 'dcat:Dataset', datasetStub(product)),
    ),
    'dct:provenance': waivers.map((one) => ({
      '@type': 'dct:ProvenanceStatement',
      'rdfs:label': en(waiverSentence(one)),
    })),
    'dcat:version': contract.version,
    ...(issued === null ? {} : { 'dct:issued': moment(issued) }),
    ...(publishedAt === null ? {} : { 'dct:modified': moment(publishedAt) }),
    'dcat:landingPage': typed(id, 'foaf:Document'),
    'dcat:distribution': versions
      .filter(({ status }) => status !== 'retired')
      .map((one) => distribution(one, id, places)),
  };
}

const datasetId = (product: string, { governanceUrl }: MeshPlaces) =>
  `${governanceUrl}/v1/products/${product}`;
const moment = (at: string) => ({ '@value': at, '@type': 'xsd:dateTime' });

/** What DCAT-AP asks of every dataset, for one that is only referred to. */
function datasetStub(product: string): object {
  return { 'dct:title': en(product), 'dct:description': en(`The product ${product} of the mesh.`) };
}

function publisherOf({ owner, domain }: DataContract): object {
  const id = owner.ods === null ? `urn:caremesh:domain:${domain}` : `urn:ods:${owner.ods}`;
  return typed(id, 'foaf:Agent', { 'foaf:name': en(owner.description ?? owner.team) });
}

function contactPoint({ channel, url }: DataContract['support'][number], { owner }: DataContract) {
  const reached =
    url === null
      ? {}
      : { [url.startsWith('mailto:') ? 'vcard:hasEmail' : 'vcard:hasURL']: { '@id': url } };
  return { '@type': 'vcard:Kind', 'vcard:fn': `${owner.team}: ${channel}`, ...reached };
}

function distribution(one: PublishedVersion, dataset: string, places: MeshPlaces): object {
  const { contract, status, schemaId } = one;
  const topic = productTopic(contract.product, contract.major);
  const schema =
    schemaId === null
      ? `${places.registryUrl}/subjects/${subjectOf(topic)}/versions/latest`
      : `${places.registryUrl}/schemas/ids/${schemaId}`;
  return {
    '@id': `${dataset}#v${contract.major}`,
    '@type': 'dcat:Distribution',
    'dct:title': en(`${contract.title}, major version ${contract.major}`),
    'dct:description': en(`Avro records on the Kafka topic ${topic}, for those who hold a grant.`),
    'dcat:accessURL': typed(`kafka://${places.bootstrap.split(',')[0]}/${topic}`, 'rdfs:Resource'),
    'dcat:accessService': service(dataset, places),
    'dcat:mediaType': typed(
      'https://www.iana.org/assignments/media-types/application/avro',
      'dct:MediaType',
    ),
    'dct:conformsTo': typed(schema, 'dct:Standard', {
      'dct:title': en('Avro schema of the records'),
    }),
    'dct:license': typed('urn:caremesh:licence:by-grant', 'dct:LicenseDocument', {
      'rdfs:label': en('Use under a grant for one named purpose, until its end date'),
    }),
    'adms:status': concept(
      `${EU}/distribution-status/${status === 'published' ? 'COMPLETED' : 'DEPRECATED'}`,
      status === 'published' ? 'Completed' : 'Deprecated',
    ),
  };
}

function service(dataset: string, places: MeshPlaces): object {
  return typed('urn:caremesh:service:kafka', 'dcat:DataService', {
    'dct:title': en('Kafka broker of the mesh'),
    'dcat:endpointURL': typed(`kafka://${places.bootstrap.split(',')[0]}`, 'rdfs:Resource'),
    'dcat:servesDataset': { '@id': dataset },
  });
}
