import { names } from '@caremesh/contract';

/**
 * One permission at the broker: this principal may do this on this resource. Everything else is denied; one that denies
 * (`deny`) takes a part out of what a prefix permits, and goes before it.
 */
export type AccessRule = {
  /** `domain-gp`, `grant-k3v9`, `svc-disclosure`: the `sub` of its tokens. */
  principal: string;
  /** What governance decides on; of other kinds, and under numbers it has no name for, only what somebody else set. */
  resource: 'topic' | 'group' | 'transactional-id' | 'cluster' | (string & {});
  name: string;
  pattern: 'literal' | 'prefixed' | (string & {});
  operation: string;
  deny?: true;
  /** Only from this address; from every one if not given, as everything that governance decides. */
  host?: string;
};

export const GOVERNANCE_EVENTS = 'mesh.governance-events.v1';
export const LEDGER_CHECKPOINTS = 'mesh.ledger-checkpoints.v1';
export const DISCLOSURE_DEAD_LETTERS = 'mesh.dead-letter.disclosure';
export const CARE_DISCLOSURE_DEAD_LETTERS = 'mesh.dead-letter.care-disclosure';
export const DISCLOSURE = 'svc-disclosure';
/** The same program in its other part: views for individual care. It is another principal and another process. */
export const CARE_DISCLOSURE = 'svc-care-disclosure';
export const MONITOR = 'svc-monitor';
const OUTPUT_PORTS = 'svc-output-ports';
/** Its first rules come with the broker's installation (`governanceRules`). */
const GOVERNANCE = 'svc-governance';

/** Signs the ledger's checkpoints; the only one that writes their topic. */
const SEALER = 'svc-ledger-sealer';

const SHAPING = ['CREATE', 'ALTER', 'DESCRIBE', 'ALTER_CONFIGS', 'DESCRIBE_CONFIGS'];

/**
 * What governance itself may do: shape topics and access rules, look at groups, write its own events; and read no product,
 * edition or view. It is given this at start, or by a site's administrator (infra/local, `kafka-rules`): the two are one list.
 */
export function governanceRules(): AccessRule[] {
  return [
    ...SHAPING.map((operation) => literal(GOVERNANCE, 'cluster', 'kafka-cluster', operation)),
    ...SHAPING.map((operation) => literal(GOVERNANCE, 'topic', '*', operation)),
    ...['DESCRIBE', 'DELETE'].map((operation) => literal(GOVERNANCE, 'group', '*', operation)),
    literal(GOVERNANCE, 'topic', GOVERNANCE_EVENTS, 'WRITE'),
  ];
}

/** What the sealer may do: tell its witness, and nothing else. */
export function sealerRules(): AccessRule[] {
  return [literal(SEALER, 'topic', LEDGER_CHECKPOINTS, 'WRITE')];
}

/** What an accepted domain may do. Every prefix ends with its separator, so that `gp.` is not `gp-out.`. */
export function domainRules(domain: string): AccessRule[] {
  const principal = `domain-${domain}`;
  return [
    prefixed(principal, 'topic', `${domain}.`, 'WRITE'),
    prefixed(principal, 'transactional-id', `relay.${domain}.`, 'WRITE'),
    prefixed(principal, 'group', `${domain}.`, 'READ'),
    literal(principal, 'topic', GOVERNANCE_EVENTS, 'READ'),
    // Who keeps a copy of what was signed is a witness of its own.
    literal(principal, 'topic', LEDGER_CHECKPOINTS, 'READ'),
  ];
}

/** What the disclosure service may do: read each secondary edition, write views. It reads no product topic. */
export function disclosureRules(secondaryTopics: readonly string[]): AccessRule[] {
  return [
    prefixed(DISCLOSURE, 'topic', 'share.', 'WRITE'),
    prefixed(DISCLOSURE, 'transactional-id', 'relay.disclosure.', 'WRITE'),
    prefixed(DISCLOSURE, 'group', 'mesh.disclosure.', 'READ'),
    literal(DISCLOSURE, 'topic', DISCLOSURE_DEAD_LETTERS, 'WRITE'),
    literal(DISCLOSURE, 'topic', GOVERNANCE_EVENTS, 'READ'),
    ...secondaryTopics.map((topic) => literal(DISCLOSURE, 'topic', topic, 'READ')),
  ];
}

/** What makes views for individual care may do: read each product topic, write views. It reads no secondary edition. */
export function careDisclosureRules(productTopics: readonly string[]): AccessRule[] {
  return [
    prefixed(CARE_DISCLOSURE, 'topic', 'share.', 'WRITE'),
    prefixed(CARE_DISCLOSURE, 'transactional-id', 'relay.care-disclosure.', 'WRITE'),
    prefixed(CARE_DISCLOSURE, 'group', 'mesh.care-disclosure.', 'READ'),
    literal(CARE_DISCLOSURE, 'topic', CARE_DISCLOSURE_DEAD_LETTERS, 'WRITE'),
    literal(CARE_DISCLOSURE, 'topic', GOVERNANCE_EVENTS, 'READ'),
    ...productTopics.map((topic) => literal(CARE_DISCLOSURE, 'topic', topic, 'READ')),
  ];
}

/**
 * What the conformance monitor may do: read each product topic, in groups of its own. Topic by topic, because a
 * domain's prefix would give it the secondary editions and dead letters too.
 */
export function monitorRules(productTopics: readonly string[]): AccessRule[] {
  return [
    prefixed(MONITOR, 'group', 'mesh.monitor.', 'READ'),
    ...productTopics.map((topic) => literal(MONITOR, 'topic', topic, 'READ')),
  ];
}

/** What the service of the output ports may do: read these views, in groups of its own. */
export function outputPortRules(views: readonly string[]): AccessRule[] {
  return [
    prefixed(OUTPUT_PORTS, 'group', 'mesh.output-ports.', 'READ'),
    ...views.map((topic) => literal(OUTPUT_PORTS, 'topic', topic, 'READ')),
  ];
}

/**
 * Topics of a grant that may be given out as tables and files: views, one by one and by no prefix, because those for
 * individual care say who people are.
 */
export function portable(kind: 'individual-care' | 'view', topics: readonly string[]): string[] {
  return kind === 'view' ? topics.filter((topic) => names.parseTopic(topic)?.kind === 'view') : [];
}

/** The topic that tells a grant's holder what ended in its views; none for a grant without a view. */
export function withdrawalsOf(grantId: string, topics: readonly string[]): string[] {
  const hasView = topics.some((topic) => names.parseTopic(topic)?.kind === 'view');
  return hasView ? [names.withdrawalsTopic(grantId)] : [];
}

/**
 * The topics of a grant's own that its holder is told on: what concerns the grant, what ended in its views, and, of a later
 * generation, which pseudonym became which.
 */
export function toldOn(grantId: string, topics: readonly string[]): string[] {
  const isLater = topics.some((topic) => {
    const name = names.parseTopic(topic);
    return name?.kind === 'view' && name.generation > 1;
  });
  return [
    names.noticesTopic(grantId),
    ...withdrawalsOf(grantId, topics),
    ...(isLater ? [names.renamingsTopic(grantId)] : []),
  ];
}

/** What lets governance tell a grant's holder. Not by the prefix of all grants: that would let it write views. */
export function noticeRules(grantId: string): AccessRule[] {
  return [literal(GOVERNANCE, 'topic', names.noticesTopic(grantId), 'WRITE')];
}

/** What lets a grant's holder read one view. */
export function viewReaderRule(grantId: string, topic: string): AccessRule {
  return literal(names.grantPrincipal(grantId), 'topic', topic, 'READ');
}

/**
 * What the holder of a grant may do: read exactly its topics and what ended in them, in groups of its own. If the grant is for a domain's
 * service too, that reads them under the domain's principal, in the domain's groups (`domainRules`).
 */
export function grantRules(
  grantId: string,
  topics: readonly string[],
  consumer: string | null = null,
): AccessRule[] {
  const principal = `grant-${grantId}`;
  return [
    prefixed(principal, 'group', `share.${grantId}.`, 'READ'),
    ...[...topics, ...toldOn(grantId, topics)].map((topic) =>
      literal(principal, 'topic', topic, 'READ'),
    ),
    ...(consumer === null ? [] : consumerRules(consumer, topics)),
  ];
}

/** What a grant lets a domain's service do. */
export function consumerRules(domain: string, topics: readonly string[]): AccessRule[] {
  return topics.map((topic) => literal(`domain-${domain}`, 'topic', topic, 'READ'));
}

/** A retired topic is written by nobody, though the domain's prefix would let it. */
export function closingRules(domain: string, topics: readonly string[]): AccessRule[] {
  return topics.map((topic) => ({
    ...literal(`domain-${domain}`, 'topic', topic, 'WRITE'),
    deny: true as const,
  }));
}

/** Identity of a rule: two rules with one key permit, or deny, the same. */
export function keyOf(rule: AccessRule): string {
  const { principal, resource, pattern, name, operation, deny, host = EVERY_HOST } = rule;
  return [principal, resource, pattern, name, operation, deny ? 'deny' : 'allow', host].join(' ');
}

/** The address of a rule that is for whoever comes from anywhere. */
export const EVERY_HOST = '*';

/**
 * Does a rule that nobody decided concern the mesh? Always if its principal is one of the mesh; of others
 * only if its resource is, or could be, something of the mesh: a broker may serve more than one house. What everybody may do
 * to the broker as a whole, the principals of the mesh may do too.
 */
export function concernsMesh(rule: AccessRule, domains: readonly string[]): boolean {
  if (OF_THE_MESH.test(rule.principal)) return true;
  if (rule.resource === 'cluster') return EVERYBODY.has(rule.principal);
  return [...PREFIXES, ...prefixesOf(domains)].some((prefix) => meets(rule, prefix));
}

const OF_THE_MESH = /^(domain|grant|svc)-/;
const EVERYBODY = new Set(['*', 'ANONYMOUS']);
// Transactional ids of relays, and who may be given delegation tokens in another's name.
const PREFIXES = ['relay.', 'User:domain-', 'User:grant-', 'User:svc-'];

/** Does a topic of this name belong to the mesh, by its prefix? */
export function isOfMesh(topic: string, domains: readonly string[]): boolean {
  return prefixesOf(domains).some((prefix) => topic.startsWith(prefix));
}

function prefixesOf(domains: readonly string[]): string[] {
  return ['share.', 'mesh.', ...domains.map((domain) => `${domain}.`)];
}

function meets({ name, pattern }: AccessRule, prefix: string): boolean {
  if (name === '*' || name.startsWith(prefix)) return true;
  return pattern === 'prefixed' && prefix.startsWith(name);
}

/** What is missing and what is too much, of the rules that stand, against those decided. */
export function compareRules(decided: readonly AccessRule[], standing: readonly AccessRule[]) {
  const wanted = new Set(decided.map(keyOf));
  const held = new Set(standing.map(keyOf));
  return {
    missing: decided.filter((rule) => !held.has(keyOf(rule))),
    surplus: standing.filter((rule) => !wanted.has(keyOf(rule))),
  };
}

type Resource = AccessRule['resource'];

function literal(principal: string, resource: Resource, name: string, operation: string) {
  return { principal, resource, name, pattern: 'literal', operation } satisfies AccessRule;
}

function prefixed(principal: string, resource: Resource, name: string, operation: string) {
  return { principal, resource, name, pattern: 'prefixed', operation } satisfies AccessRule;
}
