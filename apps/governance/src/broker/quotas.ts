import { Injectable } from '@nestjs/common';
import { ClientQuotaMatchTypes } from '@platformatic/kafka';
import { Kafka } from './kafka.js';

/**
 * How much of the broker one principal may use: bytes a second read, the same again written, and the share of
 * a broker thread its requests may take (100 is one thread; the embedded broker has seven).
 */
export type Quota = { bytesPerSecond: number; requestPercent: number };

/**
 * A quota as it stands. `clientId` is set where it is narrower than the principal: such a one is decided by nobody. A
 * principal of null stands for the broker's default: every principal that has no quota of its own.
 */
export type StandingQuota = {
  principal: string | null;
  clientId: string | null;
  values: Record<string, number>;
};

type Entity = { entityType: 'user' | 'client-id'; entityName: string | null };

type Key = 'consumer_byte_rate' | 'producer_byte_rate' | 'request_percentage';

/** The quota as the broker's own keys have it. */
export function quotaValues({ bytesPerSecond, requestPercent }: Quota): Record<Key, number> {
  return {
    consumer_byte_rate: bytesPerSecond,
    producer_byte_rate: bytesPerSecond,
    request_percentage: requestPercent,
  };
}

/** Quotas per principal, through @platformatic/kafka: kafkajs knows none. */
@Injectable()
export class Quotas {
  readonly #kafka: Kafka;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Every quota of a principal, or of whoever has none of its own. Throws MESH-3016 as the broker answers. */
  async standing(): Promise<StandingQuota[]> {
    const entries = await this.#kafka.configs((admin) =>
      admin.describeClientQuotas({
        components: [{ entityType: 'user', matchType: ClientQuotaMatchTypes.ANY }],
        strict: false,
      }),
    );
    return entries.flatMap(({ entity, values }) => {
      const named = (type: string) => entity.find(({ entityType }) => entityType === type);
      const principal = named('user')?.entityName;
      if (principal === undefined) return [];
      const clientId = named('client-id') ? (named('client-id')?.entityName ?? '<default>') : null;
      const held = Object.fromEntries(values.map(({ key, value }) => [key, value]));
      return [{ principal, clientId, values: held }];
    });
  }

  /** Makes the quotas stand; of what is known to stand of the same principals, keys that no quota has go. */
  async hold(
    quotas: Iterable<readonly [principal: string, quota: Quota]>,
    standing: readonly StandingQuota[] = [],
  ): Promise<void> {
    const entries = [...quotas].map(([principal, quota]) => {
      const values = quotaValues(quota);
      const held = standing.find((one) => one.principal === principal && one.clientId === null);
      const foreign = Object.keys(held?.values ?? {}).filter((key) => !(key in values));
      return {
        entities: entitiesOf(principal, null),
        ops: [
          ...Object.entries(values).map(([key, value]) => ({
            key: key as Key,
            value,
            remove: false as const,
          })),
          ...foreign.map(removalOf),
        ],
      };
    });
    if (entries.length === 0) return;
    await this.#kafka.configs((admin) => admin.alterClientQuotas({ entries }));
  }

  /** Takes quotas away: of what ended, or that nobody decided. */
  async remove(
    standing: readonly Pick<StandingQuota, 'principal' | 'clientId' | 'values'>[],
  ): Promise<void> {
    const entries = standing.map(({ principal, clientId, values }) => ({
      entities: entitiesOf(principal, clientId),
      ops: Object.keys(values).map(removalOf),
    }));
    if (entries.length === 0) return;
    await this.#kafka.configs((admin) => admin.alterClientQuotas({ entries }));
  }
}

const removalOf = (key: string) => ({ key: key as Key, remove: true as const });

// A client id of null stands for the broker's default; it was read as `<default>`.
function entitiesOf(principal: string | null, clientId: string | null): Entity[] {
  const user: Entity = { entityType: 'user', entityName: principal };
  if (clientId === null) return [user];
  const name = clientId === '<default>' ? null : clientId;
  return [user, { entityType: 'client-id', entityName: name }];
}
