import {
  AclOperations as can,
  AclPermissionTypes,
  Admin,
  ResourcePatternTypes as match,
  ResourceTypes as of,
} from '@platformatic/kafka';

type Rule = { on: number; name: string; pattern: number; operations: number[] };

/**
 * What svc-governance may do at the broker: shape topics and access rules, look at groups, write its own
 * events; and read no product, edition or view. It is the only principal whose rules do not come
 * from governance itself.
 */
const GOVERNANCE_RULES: Rule[] = [
  {
    on: of.CLUSTER,
    name: 'kafka-cluster',
    pattern: match.LITERAL,
    operations: [can.CREATE, can.ALTER, can.DESCRIBE, can.ALTER_CONFIGS, can.DESCRIBE_CONFIGS],
  },
  {
    on: of.TOPIC,
    name: '*',
    pattern: match.LITERAL,
    operations: [can.CREATE, can.ALTER, can.DESCRIBE, can.ALTER_CONFIGS, can.DESCRIBE_CONFIGS],
  },
  {
    on: of.GROUP,
    name: '*',
    pattern: match.LITERAL,
    operations: [can.DESCRIBE, can.DELETE],
  },
  {
    on: of.TOPIC,
    name: 'mesh.governance-events.v1',
    pattern: match.LITERAL,
    operations: [can.WRITE],
  },
];

const GOVERNANCE_PRINCIPAL = 'User:svc-governance';

/** The rules as the broker takes them, one per operation. */
export function bootstrapRules() {
  return GOVERNANCE_RULES.flatMap(({ on, name, pattern, operations }) =>
    operations.map((operation) => ({
      resourceType: on,
      resourceName: name,
      resourcePatternType: pattern,
      principal: GOVERNANCE_PRINCIPAL,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
}

/** Gives governance its rules, as the broker itself. Rules that are there already stay as they are. */
export async function setBootstrapRules(internalPort: number, password: string): Promise<void> {
  const admin = new Admin({
    clientId: 'caremesh-bootstrap',
    bootstrapBrokers: [`127.0.0.1:${internalPort}`],
    sasl: { mechanism: 'PLAIN', username: 'broker', password },
    retries: 5,
    timeout: 10_000,
  });
  try {
    await admin.createAcls({
      creations: bootstrapRules() as Parameters<Admin['createAcls']>[0]['creations'],
    });
  } finally {
    await admin.close();
  }
}
