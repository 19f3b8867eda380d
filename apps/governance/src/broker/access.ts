import { Injectable } from '@nestjs/common';
import kafkajs from 'kafkajs';
import type { AclEntry, DescribeAclResource } from 'kafkajs';
import { Kafka } from './kafka.js';
import type { AccessRule } from './access-rules.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const RESOURCES: Record<AccessRule['resource'], number> = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  'transactional-id': AclResourceTypes.TRANSACTIONAL_ID,
  cluster: AclResourceTypes.CLUSTER,
};
const PATTERNS: Record<AccessRule['pattern'], number> = {
  literal: ResourcePatternTypes.LITERAL,
  prefixed: ResourcePatternTypes.PREFIXED,
};

// kafkajs declares an enum whose values are a plain object: it does not lead back from number to name.
const OPERATIONS = new Map(
  Object.entries(AclOperationTypes).map(([name, value]) => [value as number, name]),
);

/** The access rules at the broker: what is not permitted is denied, and what is denied is so whatever else permits it. */
@Injectable()
export class Access {
  readonly #kafka: Kafka;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Every rule that stands. Throws MESH-3016 or MESH-3017 as the broker answers. */
  async standing(): Promise<AccessRule[]> {
    const { resources } = await this.#kafka.admin((admin) =>
      admin.describeAcls({
        resourceType: AclResourceTypes.ANY,
        resourcePatternType: ResourcePatternTypes.ANY,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ANY,
      }),
    );
    return resources.flatMap(rulesOf);
  }

  /** Makes the rules stand; those that do already are left as they are. */
  async permit(rules: readonly AccessRule[]): Promise<void> {
    if (rules.length === 0) return;
    await this.#kafka.admin((admin) => admin.createAcls({ acl: rules.map(entryOf) }));
  }

  /** Takes the rules away. */
  async withdraw(rules: readonly AccessRule[]): Promise<void> {
    if (rules.length === 0) return;
    await this.#kafka.admin((admin) => admin.deleteAcls({ filters: rules.map(entryOf) }));
  }

  /** Takes everything away from a principal: an open consumer is refused at its next fetch (see `WaitingFetches` for one that waits). */
  async withdrawAll(principal: string): Promise<void> {
    await this.#kafka.admin((admin) =>
      admin.deleteAcls({
        filters: [
          {
            resourceType: AclResourceTypes.ANY,
            resourcePatternType: ResourcePatternTypes.ANY,
            principal: `User:${principal}`,
            operation: AclOperationTypes.ANY,
            permissionType: AclPermissionTypes.ANY,
          },
        ],
      }),
    );
  }
}

function entryOf(rule: AccessRule): AclEntry {
  return {
    principal: `User:${rule.principal}`,
    host: '*',
    resourceType: RESOURCES[rule.resource],
    resourceName: rule.name,
    resourcePatternType: PATTERNS[rule.pattern],
    operation: AclOperationTypes[rule.operation as keyof typeof AclOperationTypes],
    permissionType: rule.deny ? AclPermissionTypes.DENY : AclPermissionTypes.ALLOW,
  };
}

function rulesOf(resource: DescribeAclResource): AccessRule[] {
  const kind = nameOf(RESOURCES, resource.resourceType);
  const pattern = nameOf(PATTERNS, resource.resourcePatternType);
  if (!kind || !pattern) return [];
  return resource.acls.flatMap(({ principal, operation: code, permissionType }) => {
    const operation = OPERATIONS.get(code);
    if (operation === undefined) return [];
    const name = resource.resourceName;
    return [
      {
        ...{ principal: principal.replace(/^User:/, ''), resource: kind, name, pattern, operation },
        ...(permissionType === AclPermissionTypes.DENY ? { deny: true as const } : {}),
      },
    ];
  });
}

function nameOf<K extends string, V>(values: Record<K, V>, value: V): K | undefined {
  return (Object.keys(values) as K[]).find((key) => values[key] === value);
}
