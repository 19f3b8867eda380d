import { Injectable } from '@nestjs/common';
import { ClientQuotaMatchTypes } from '@platformatic/kafka';
import { Kafka } from './kafka.js';

/**
 * How much of the broker one principal may use: bytes a second read, the same again written, and the share of
 * a broker thread its requests may take (100 is one thread; the embedded broker has seven).
 */
export type Quota = { bytesPerSecond: number; requestPercent: number };

/** A quota as it stands. `clientId` is set where it is narrower than the principal: such a one is decided by nobody. */
export type StandingQuota = {
  principal: string;
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

  /** Every quota that names a principal. Throws MESH-3016 as the broker answers. */
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
      if (!principal) return [];
      const clientId = named('client-id') ? (named('client-id')?.entityName ?? '<default>') : null;
      const held = Object.fromEntries(values.map(({ key, value }) => [key, value]));
      return [{ principal, clientId, values: held }];
    });
  }

  /** Makes the quotas stand. */
  async hold(quotas: Iterable<readonly [principal: string, quota: Quota]>): Promise<void> {
    const entries = [...quotas].map(([principal, quota]) => ({
      entities: entitiesOf(principal, null),
      ops: Object.entries(quotaValues(quota)).map(([key, value]) => ({
        key: key as Key,
        value,
        remove: false as const,
      })),
    }));
    if (entries.length === 0) return;
    await this.#kafka.configs((admin) => admin.alterClientQuotas({ entries }));
  }

  /** Takes quotas away: of what ended, or that nobody decided. */
  async remove(
    standing: readonly Pick<StandingQuota, 'principal' | 'clientId' | 'values'>[],
  ): Promise<void> {
    const entries = standing.map(({ principal, clientId, values }) => ({
      entities: entitiesOf(principal, clientId),
      ops: Object.keys(values).map((key) => ({ key: key as Key, remove: true as const })),
    }));
    if (entries.length === 0) return;
    await this.#kafka.configs((admin) => admin.alterClientQuotas({ entries }));
  }
}

// A client id of null stands for the broker's default; it was read as `<default>`.
function entitiesOf(principal: string, clientId: string | null): Entity[] {
  const user: Entity = { entityType: 'user', entityName: principal };
  if (clientId === null) return [user];
  const name = clientId === '<default>' ? null : clientId;
  return [user, { entityType: 'client-id', entityName: name }];
}
