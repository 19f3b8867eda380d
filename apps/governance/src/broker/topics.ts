import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import {
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka';
import { governanceErrors } from '../errors.js';
import { Kafka } from './kafka.js';
import type { TopicPlan } from './topic-plan.js';

/** What was done so that topics are as planned: those made, and each setting put right (`is` null: taken off). */
export type TopicWork = {
  created: string[];
  repaired: { topic: string; setting: string; was: string | null; is: string | null }[];
};

/** A topic with another number of partitions than planned: they can be made more, never fewer, so nobody mends it here. */
export type PartitionDifference = { topic: string; planned: number; held: number };

// An operator who moves partitions between brokers sets these for as long as that takes.
const OPERATORS_OWN = /\.replication\.throttled\.replicas$/;

// A minute: whoever is in the middle of a fetch ends it.
const EMPTIED = { 'cleanup.policy': 'delete', 'retention.ms': '60000', 'segment.ms': '60000' };

/** Makes topics stand as they were planned, as often as it is asked to. */
@Injectable()
export class Topics {
  readonly #kafka: Kafka;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /**
   * Creates the topics that are missing and puts right the settings of those that are not as planned.
   * Throws MESH-3018 for a topic with another number of partitions, MESH-3016 and MESH-3017 as the broker answers.
   */
  async stand(plans: readonly TopicPlan[]): Promise<TopicWork> {
    const partitions = await this.#partitionsOf();
    const [wrong] = differencesOf(plans, partitions);
    if (wrong) {
      const { topic, planned, held } = wrong;
      const words = `${topic} has ${held} partitions, not ${planned}`;
      throw problem(governanceErrors.topicDiffers, words);
    }
    const before = () => Promise.resolve();
    return this.#put(plans, partitions, { looked: () => true, before });
  }

  /**
   * As `stand`, but says first what it is about to do (`before`), and which topics have another number of partitions,
   * and which topics there are. Of those that exist it looks at the settings of `looked`.
   */
  async hold(
    plans: readonly TopicPlan[],
    looked: (topic: string) => boolean,
    before: (work: TopicWork) => Promise<void>,
  ): Promise<{ differing: PartitionDifference[]; standing: string[] }> {
    const partitions = await this.#partitionsOf();
    await this.#put(plans, partitions, { looked, before });
    return {
      differing: differencesOf(plans, partitions),
      standing: [...partitions.keys()],
    };
  }

  /**
   * Has the broker let go of all that is in the topics, soon. They stay, empty: to delete a topic takes a right that
   * nobody in the mesh has, and its name must not come to mean something else.
   */
  async empty(topics: readonly string[]): Promise<void> {
    const partitions = await this.#partitionsOf();
    const wrong = topics
      .filter((topic) => partitions.has(topic))
      .flatMap((topic) =>
        Object.entries(EMPTIED).map(([setting, is]) => ({ topic, setting, was: null, is })),
      );
    if (wrong.length > 0) await this.#alter(wrong);
  }

  async #put(
    plans: readonly TopicPlan[],
    partitions: Map<string, number>,
    {
      looked,
      before,
    }: { looked: (topic: string) => boolean; before: (work: TopicWork) => Promise<void> },
  ): Promise<TopicWork> {
    const missing = plans.filter(({ name }) => !partitions.has(name));
    const repaired = await this.#wrongSettings(
      plans.filter(({ name }) => partitions.has(name) && looked(name)),
    );
    const work = { created: missing.map(({ name }) => name), repaired };
    await before(work);
    if (missing.length > 0) await this.#create(missing);
    if (repaired.length > 0) await this.#alter(repaired);
    return work;
  }

  async #partitionsOf(): Promise<Map<string, number>> {
    const { topics } = await this.#kafka.admin((admin) => admin.fetchTopicMetadata());
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  }

  // A topic somebody else made at the same moment is answered by "false", which is as good.
  async #create(plans: readonly TopicPlan[]): Promise<void> {
    await this.#kafka.admin((admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: plans.map(({ name, partitions, replication, settings }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: replication,
          configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
        })),
      }),
    );
  }

  async #wrongSettings(plans: readonly TopicPlan[]): Promise<TopicWork['repaired']> {
    if (plans.length === 0) return [];
    const held = await this.#settingsOf(plans);
    return plans.flatMap(({ name, settings }) =>
      settingDifferences(settings, held.get(name) ?? []).map((one) => ({ topic: name, ...one })),
    );
  }

  async #settingsOf(plans: readonly TopicPlan[]): Promise<Map<string, HeldSetting[]>> {
    const described = await this.#kafka.configs((admin) =>
      admin.describeConfigs({
        resources: plans.map(({ name }) => ({
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: name,
        })),
      }),
    );
    return new Map(
      described.map(({ resourceName, configs }) => [
        resourceName,
        configs.map(({ name, value, configSource }) => ({
          name,
          value: value ?? null,
          isOwn: configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG,
        })),
      ]),
    );
  }

  async #alter(wrong: TopicWork['repaired']): Promise<void> {
    const byTopic = Map.groupBy(wrong, ({ topic }) => topic);
    await this.#kafka.configs((admin) =>
      admin.incrementalAlterConfigs({
        resources: [...byTopic].map(([topic, settings]) => ({
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: topic,
          configs: settings.map(({ setting, is }) =>
            is === null
              ? { name: setting, configOperation: IncrementalAlterConfigOperationTypes.DELETE }
              : {
                  name: setting,
                  configOperation: IncrementalAlterConfigOperationTypes.SET,
                  value: is,
                },
          ),
        })),
      }),
    );
  }
}

/** A setting as it stands; `isOwn` if the topic itself has it, not the broker for all. */
export type HeldSetting = { name: string; value: string | null; isOwn: boolean };

/** What a topic's settings must become: planned ones their value, its own others none. Pure. */
export function settingDifferences(
  planned: Readonly<Record<string, string>>,
  held: readonly HeldSetting[],
): { setting: string; was: string | null; is: string | null }[] {
  const values = new Map(held.map(({ name, value }) => [name, value]));
  const changed = Object.entries(planned).flatMap(([setting, is]) => {
    const was = values.get(setting) ?? null;
    return was === is ? [] : [{ setting, was, is }];
  });
  const added = held
    .filter(({ name, isOwn }) => isOwn && !(name in planned) && !OPERATORS_OWN.test(name))
    .map(({ name, value }) => ({ setting: name, was: value, is: null }));
  return [...changed, ...added];
}

function differencesOf(
  plans: readonly TopicPlan[],
  partitions: ReadonlyMap<string, number>,
): PartitionDifference[] {
  return plans.flatMap(({ name, partitions: planned }) => {
    const held = partitions.get(name);
    return held === undefined || held === planned ? [] : [{ topic: name, planned, held }];
  });
}
