import { Injectable } from '@nestjs/common';
import {
  AclOperations as OPERATIONS,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import type { Admin } from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import type { AclEntry, DescribeAclResource } from 'kafkajs';
import { EVERY_HOST } from './access-rules.js';
import type { AccessRule } from './access-rules.js';
import { Kafka } from './kafka.js';

const {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes: ANY_OF,
} = kafkajs;

const USER = 'User:';
const RESOURCES: Readonly<Record<string, number>> = {
  topic: ResourceTypes.TOPIC,
  group: ResourceTypes.GROUP,
  'transactional-id': ResourceTypes.TRANSACTIONAL_ID,
  cluster: ResourceTypes.CLUSTER,
  'delegation-token': ResourceTypes.DELEGATION_TOKEN,
  user: ResourceTypes.USER,
};
const PATTERNS: Readonly<Record<string, number>> = {
  literal: ResourcePatternTypes.LITERAL,
  prefixed: ResourcePatternTypes.PREFIXED,
};

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
        resourcePatternType: ANY_OF.ANY,
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

  /** Takes the rules away; kafkajs refuses to name the newer kinds of them. */
  async withdraw(rules: readonly AccessRule[]): Promise<void> {
    const filters = rules.map(entryOf);
    const known = filters.filter(isKnownToKafkajs);
    const newer = filters.filter((filter) => !isKnownToKafkajs(filter)) as NewerFilters;
    if (known.length > 0) {
      await this.#kafka.admin((admin) => admin.deleteAcls({ filters: known }));
    }
    if (newer.length > 0) {
      await this.#kafka.configs((admin) => admin.deleteAcls({ filters: newer }));
    }
  }

  /** Takes everything away from a principal: an open consumer is refused at its next fetch (see `WaitingFetches` for one that waits). */
  async withdrawAll(principal: string): Promise<void> {
    await this.#kafka.admin((admin) =>
      admin.deleteAcls({
        filters: [
          {
            resourceType: AclResourceTypes.ANY,
            resourcePatternType: ANY_OF.ANY,
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
  const { principal } = rule;
  return {
    // One of another type than a user carries its type.
    principal: principal.includes(':') ? principal : `${USER}${principal}`,
    host: rule.host ?? EVERY_HOST,
    resourceType: codeOf(RESOURCES, rule.resource),
    resourceName: rule.name,
    resourcePatternType: codeOf(PATTERNS, rule.pattern),
    operation: codeOf(OPERATIONS, rule.operation),
    permissionType: rule.deny ? AclPermissionTypes.DENY : AclPermissionTypes.ALLOW,
  };
}

/** The rules on one resource as the broker lists them, whatever their kinds: what has no name here goes by its number. Pure. */
export function rulesOf({
  resourceType,
  resourceName: name,
  resourcePatternType,
  acls,
}: DescribeAclResource): AccessRule[] {
  return acls.map(({ principal, host, operation, permissionType }) => ({
    principal: /^User:[^:]*$/.test(principal) ? principal.slice(USER.length) : principal,
    resource: nameOf(RESOURCES, resourceType),
    name,
    pattern: nameOf(PATTERNS, resourcePatternType),
    operation: nameOf(OPERATIONS, operation),
    ...(permissionType === AclPermissionTypes.DENY ? { deny: true as const } : {}),
    ...(host === EVERY_HOST ? {} : { host }),
  }));
}

/** Can it be taken away? Not where the broker has a number that the client, which is older then, does not take. Pure. */
export function isRemovable({ resource, pattern, operation }: AccessRule): boolean {
  return resource in RESOURCES && pattern in PATTERNS && operation in OPERATIONS;
}

type NewerFilters = Parameters<Admin['deleteAcls']>[0]['filters'];

function isKnownToKafkajs({ resourceType, operation }: AclEntry): boolean {
  return (
    Object.values(AclResourceTypes).includes(resourceType) &&
    Object.values(AclOperationTypes).includes(operation)
  );
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.keys(codes).find((name) => codes[name] === code) ?? String(code);
}

function codeOf(codes: Readonly<Record<string, number>>, name: string): number {
  return codes[name] ?? Number(name);
}
