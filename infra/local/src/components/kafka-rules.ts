import { setTimeout as sleep } from 'node:timers/promises';
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
 * events; and read no product, edition or view. It is the only principal whose rules come
 * not from governance itself, but those by which it tells the holder of a grant.
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

/** A broker that has just begun to listen may take a connection and never answer on it. */
const ATTEMPT_MS = 15_000;
const ATTEMPTS = 4;

/**
 * Gives governance its rules, as the broker itself. Rules that are there already stay as they are. An attempt that is not
 * answered in time is left to itself, and another made on connections of its own; throws the last one's error.
 */
export async function setBootstrapRules(internalPort: number, password: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const setting = attemptRules(internalPort, password);
    const late = sleep(ATTEMPT_MS, 'late' as const, { ref: false });
    try {
      if ((await Promise.race([setting, late])) !== 'late') return;
      throw new Error(`The broker gave no answer within ${ATTEMPT_MS / 1000} s`);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function attemptRules(internalPort: number, password: string): Promise<void> {
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
    // What it says of its end changes nothing: the rules stand, or the attempt has failed.
    void admin.close().catch(() => undefined);
  }
}
