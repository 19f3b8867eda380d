/**
 * Every name the mesh derives from a domain, a product, a major version or a grant.
 * Nothing else builds one of these strings, so a rule changed here is changed everywhere.
 */

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const GRANT_ID = /^[a-z0-9]{8,26}$/;

/** Topic prefixes, and names of parts of the mesh that share the supervisor's lists, of processes and of ports, with domains. */
export const RESERVED_DOMAINS: readonly string[] = [
  'share',
  'mesh',
  'platform',
  'governance',
  'disclosure',
  'care-disclosure',
  'identity',
  'monitor',
  'output-ports',
  'portal',
  'postgresql',
  'kafka',
  'registry',
];
/** `<domain>.secondary.v1` and `<domain>.dead-letter.x` would be taken for something else. */
export const RESERVED_PRODUCTS: readonly string[] = ['secondary', 'dead-letter'];

export const GOVERNANCE_EVENTS_TOPIC = 'mesh.governance-events.v1';
export const LEDGER_CHECKPOINTS_TOPIC = 'mesh.ledger-checkpoints.v1';

export type ProductId = { domain: string; product: string };

/** What a topic name says about itself. */
export type TopicName =
  | { kind: 'product' | 'secondary'; domain: string; product: string; id: string; major: number }
  | {
      kind: 'view';
      grant: string;
      domain: string;
      product: string;
      id: string;
      major: number;
      /** Of the recipient's pseudonym key; 1 until another was decided. */
      generation: number;
    }
  | { kind: 'withdrawals' | 'renamings' | 'notices'; grant: string }
  | { kind: 'dead-letter'; domain: string; consumer: string }
  | { kind: 'mesh'; name: string };

/** Why a domain name is refused, or null: lower-case letters, digits and single hyphens, at most 40, not reserved. */
export function domainNameFault(name: string): string | null {
  if (RESERVED_DOMAINS.includes(name)) return `the name "${name}" is reserved by the mesh`;
  return nameFault(name);
}

/** Why a product name (the part after the dot) is refused, or null. */
export function productNameFault(name: string): string | null {
  if (RESERVED_PRODUCTS.includes(name)) return `the name "${name}" is reserved by the mesh`;
  return nameFault(name);
}

function nameFault(name: string): string | null {
  if (name.length > 40) return 'a name has at most 40 characters';
  if (NAME.test(name)) return null;
  return 'a name is lower-case letters and digits, in parts joined by single hyphens';
}

/** Throws a RangeError naming the rule when `name` cannot be a domain. */
export function assertDomainName(name: string): string {
  const fault = domainNameFault(name);
  if (fault !== null) throw new RangeError(`not a domain name: ${fault}`);
  return name;
}

/** Splits `gp.medication-statement`; throws a RangeError when it is not a product id. */
export function parseProductId(id: string): ProductId {
  const [domain = '', product = '', ...rest] = id.split('.');
  const fault = domainNameFault(domain) ?? productNameFault(product);
  if (fault !== null || rest.length > 0) {
    throw new RangeError(`not a product id (<domain>.<product>): ${fault ?? 'more than one dot'}`);
  }
  return { domain, product };
}

/** `gp.medication-statement` */
export function productId(domain: string, product: string): string {
  return `${domain}.${product}`;
}

/** `gp.medication-statement.v1` */
export function productTopic(id: string, major: number): string {
  return `${id}.v${major}`;
}

/** `gp.medication-statement.secondary.v1`: same records, readable by the disclosure service alone. */
export function secondaryTopic(id: string, major: number): string {
  return `${id}.secondary.v${major}`;
}

/** `share.<grant>.gp.medication-statement.v1`; of a later generation of the recipient's key `share.<grant>.gp.medication-statement.v1.g2`. */
export function viewTopic(grantId: string, id: string, major: number, generation = 1): string {
  const first = `share.${assertGrantId(grantId)}.${id}.v${major}`;
  return generation === 1 ? first : `${first}.g${generation}`;
}

/** `share.<grant>.withdrawals.v1`: tells the grant's recipient what is no longer available for their use. */
export function withdrawalsTopic(grantId: string): string {
  return `share.${assertGrantId(grantId)}.withdrawals.v1`;
}

/** `share.<grant>.renamings.v1`: tells the grant's recipient, once, which pseudonym became which. */
export function renamingsTopic(grantId: string): string {
  return `share.${assertGrantId(grantId)}.renamings.v1`;
}

/** `share.<grant>.notices.v1`: tells the grant's recipient what concerns the grant itself: its end, its review, a new version of its product. */
export function noticesTopic(grantId: string): string {
  return `share.${assertGrantId(grantId)}.notices.v1`;
}

/** `<consumer's domain>.dead-letter.<consumer>`; the disclosure service's own is `deadLetterTopic('mesh', 'disclosure')`. */
export function deadLetterTopic(domain: string, consumer: string): string {
  return `${domain}.dead-letter.${consumer}`;
}

/** Registry subject of a topic's values. */
export function subjectOf(topic: string): string {
  return `${topic}-value`;
}

/** `share.<grant>.`: every consumer group of a grant begins so. The full stop keeps grant `ab` out of grant `abc`. */
export function grantGroupPrefix(grantId: string): string {
  return `share.${assertGrantId(grantId)}.`;
}

/** `relay.<domain>.`: transactional ids of a domain's relay begin so. */
export function relayTransactionPrefix(domain: string): string {
  return `relay.${domain}.`;
}

/** `caremesh.social_care` */
export function avroNamespace(domain: string): string {
  return `caremesh.${domain.replaceAll('-', '_')}`;
}

/** `caremesh.share.g<grant>`: the letter first because an Avro name part may not begin with a digit. */
export function viewNamespace(grantId: string): string {
  return `caremesh.share.g${assertGrantId(grantId)}`;
}

/** `medication-statement` -> `MedicationStatement` */
export function recordName(product: string): string {
  return product
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}

/** Principal (token `sub`) of a domain, a grant or a service. */
export const domainPrincipal = (domain: string): string => `domain-${domain}`;
/** Principal of whoever reads under a grant. */
export const grantPrincipal = (grantId: string): string => `grant-${grantId}`;
/** Principal of a service of the mesh itself: `svc-disclosure`. */
export const servicePrincipal = (service: string): string => `svc-${service}`;

/** PostgreSQL database and role of a domain: `mesh_domain_social_care`. */
export function domainDatabase(domain: string): string {
  return `mesh_domain_${domain.replaceAll('-', '_')}`;
}

/** Grant ids are in topic names, so they carry no full stop. Throws a RangeError otherwise. */
export function assertGrantId(grantId: string): string {
  if (!GRANT_ID.test(grantId)) throw new RangeError('not a grant id: 8 to 26 of a-z and 0-9');
  return grantId;
}

/** Reads a topic name; null when it is none of the mesh's. */
export function parseTopic(topic: string): TopicName | null {
  if (topic.startsWith('mesh.') && !topic.startsWith('mesh.dead-letter.')) {
    return { kind: 'mesh', name: topic };
  }
  const parts = topic.split('.');
  if (parts[0] === 'share') return parseView(parts);
  if (parts.length === 3 && parts[1] === 'dead-letter') {
    return { kind: 'dead-letter', domain: parts[0]!, consumer: parts[2]! };
  }
  if (parts.length === 4 && parts[2] === 'secondary') {
    return parseEdition('secondary', parts[0]!, parts[1]!, parts[3]!);
  }
  return parts.length === 3 ? parseEdition('product', parts[0]!, parts[1]!, parts[2]!) : null;
}

function parseEdition(kind: 'product' | 'secondary', domain: string, product: string, v: string) {
  const major = majorOf(v);
  if (major === null || domainNameFault(domain) !== null || productNameFault(product) !== null) {
    return null;
  }
  return { kind, domain, product, id: productId(domain, product), major };
}

function parseView(parts: string[]): TopicName | null {
  const [, grant = '', domain = '', product = '', v = '', g = 'g1'] = parts;
  if (!GRANT_ID.test(grant)) return null;
  const isOwn = parts.length === 4 && parts[3] === 'v1';
  if (isOwn && (domain === 'withdrawals' || domain === 'renamings' || domain === 'notices')) {
    return { kind: domain, grant };
  }
  // The first generation has no name of its own: `.g1` would be a second one for it.
  const isLater = parts.length === 6 && g !== 'g1' && /^g[1-9][0-9]{0,3}$/.test(g);
  if (parts.length !== 5 && !isLater) return null;
  const edition = parseEdition('product', domain, product, v);
  return edition === null
    ? null
    : { ...edition, kind: 'view', grant, generation: Number(g.slice(1)) };
}

function majorOf(text: string): number | null {
  return /^v[1-9][0-9]{0,3}$/.test(text) ? Number(text.slice(1)) : null;
}
