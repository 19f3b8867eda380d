import {
  AclOperations as can,
  AclPermissionTypes,
  Admin,
  Producer,
  ResourcePatternTypes as match,
  ResourceTypes as of,
  stringSerializers,
} from '@platformatic/kafka';
import type { TestStack } from './base-stack.js';
import { clientToken } from './sign-in.js';

export { can, match, of };

/** One access rule: `{ on: of.TOPIC, name: 'gp.', pattern: match.PREFIXED, operations: [can.WRITE] }`. */
export type Rule = {
  on: (typeof of)[keyof typeof of];
  name: string;
  pattern: (typeof match)[keyof typeof match];
  operations: (typeof can)[keyof typeof can][];
};

/** An administrator with the broker's own rights: arranges what governance would. Close it. */
export function brokerAdmin(stack: TestStack): Admin {
  return new Admin({
    clientId: 'test-admin',
    bootstrapBrokers: [stack.kafkaInternal.broker],
    sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
    retries: 5,
  });
}

/** A producer of texts with the broker's own rights: writes what no domain would. Close it. */
export function brokerProducer(stack: TestStack): Producer<string, string, string, string> {
  return new Producer({
    clientId: 'test-producer',
    bootstrapBrokers: [stack.kafkaInternal.broker],
    sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
    serializers: stringSerializers,
  });
}

/** Makes topics (6 partitions, compacted unless told otherwise). */
export async function createTopics(
  stack: TestStack,
  topics: readonly string[],
  { partitions = 6, configs = { 'cleanup.policy': 'compact' } as Record<string, string> } = {},
): Promise<void> {
  await withAdmin(stack, (admin) =>
    admin.createTopics({
      topics: [...topics],
      partitions,
      replicas: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }),
  );
}

/** Gives a principal (its `sub`: `domain-gp`, `grant-abc…`) rules at the broker. */
export async function allow(stack: TestStack, sub: string, rules: readonly Rule[]): Promise<void> {
  const creations = rules.flatMap(({ on, name, pattern, operations }) =>
    operations.map((operation) => ({
      resourceType: on,
      resourceName: name,
      resourcePatternType: pattern,
      principal: `User:${sub}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
  await withAdmin(stack, (admin) => admin.createAcls({ creations }));
}

/** The rules governance gives a domain when it is accepted. */
export function domainRules(domain: string): Rule[] {
  const prefix = { name: `${domain}.`, pattern: match.PREFIXED };
  return [
    { on: of.TOPIC, ...prefix, operations: [can.WRITE, can.DESCRIBE] },
    {
      on: of.TRANSACTIONAL_ID,
      name: `relay.${domain}.`,
      pattern: match.PREFIXED,
      operations: [can.WRITE, can.DESCRIBE],
    },
    { on: of.GROUP, ...prefix, operations: [can.READ] },
    {
      on: of.CLUSTER,
      name: 'kafka-cluster',
      pattern: match.LITERAL,
      operations: [can.IDEMPOTENT_WRITE],
    },
    {
      on: of.TOPIC,
      name: 'mesh.governance-events.v1',
      pattern: match.LITERAL,
      operations: [can.READ, can.DESCRIBE],
    },
  ];
}

/** The rules of a grant: read these topics, with groups of its own. */
export function grantRules(grant: string, topics: readonly string[]): Rule[] {
  return [
    ...topics.map((name): Rule => ({
      on: of.TOPIC,
      name,
      pattern: match.LITERAL,
      operations: [can.READ, can.DESCRIBE],
    })),
    { on: of.GROUP, name: `share.${grant}.`, pattern: match.PREFIXED, operations: [can.READ] },
  ];
}

async function withAdmin<T>(stack: TestStack, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = brokerAdmin(stack);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

/** Registers a schema as governance does; gives its id. */
export async function registerSchema(
  stack: TestStack,
  subject: string,
  schema: object | string,
): Promise<number> {
  const token = await clientToken(stack, 'svc-governance', 'mesh-registry');
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  const response = await fetch(`${stack.registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/vnd.schemaregistry.v1+json',
    },
    body: JSON.stringify({ schema: text }),
  });
  const body = (await response.json()) as { id?: number };
  if (body.id === undefined)
    throw new Error(`${subject}: ${response.status} ${JSON.stringify(body)}`);
  return body.id;
}
