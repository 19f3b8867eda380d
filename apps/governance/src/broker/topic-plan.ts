import type { Settings } from '../settings.js';
import {
  CARE_DISCLOSURE_DEAD_LETTERS,
  DISCLOSURE_DEAD_LETTERS,
  GOVERNANCE_EVENTS,
  LEDGER_CHECKPOINTS,
} from './access-rules.js';

/** A topic as it was decided: its partitions are fixed for its life, its settings are kept to. */
export type TopicPlan = {
  name: string;
  partitions: number;
  replication: number;
  settings: Record<string, string>;
};

type TopicSettings = Pick<
  Settings,
  | 'topicPartitions'
  | 'viewPartitions'
  | 'topicReplication'
  | 'topicMinCompactionLagMs'
  | 'topicMaxCompactionLagMs'
  | 'topicSegmentMs'
  | 'topicDeleteRetentionMs'
>;

const KEPT_FOR_EVER = '-1';
const THIRTY_DAYS = String(30 * 86_400_000);
const A_YEAR = String(366 * 86_400_000);

/** A product topic, or its secondary edition: compacted, so that a new reader gets every record's latest state. */
export function productTopicPlan(name: string, settings: TopicSettings): TopicPlan {
  return compacted(name, settings.topicPartitions, settings);
}

/** A grant's view. */
export function viewTopicPlan(name: string, settings: TopicSettings): TopicPlan {
  return compacted(name, settings.viewPartitions, settings);
}

/** What a grant's recipient is told beside the views stays for a year: longer than one may be away without reading anew. */
export function toldTopicPlan(name: string, settings: TopicSettings): TopicPlan {
  return kept(name, A_YEAR, settings);
}

/** Dead letters keep for thirty days what a consumer could not use. */
export function deadLetterPlan(name: string, settings: TopicSettings): TopicPlan {
  return kept(name, THIRTY_DAYS, settings);
}

/** The mesh's own topics. */
export function meshTopicPlans(settings: TopicSettings): TopicPlan[] {
  return [
    kept(GOVERNANCE_EVENTS, KEPT_FOR_EVER, settings),
    kept(LEDGER_CHECKPOINTS, KEPT_FOR_EVER, settings),
    deadLetterPlan(DISCLOSURE_DEAD_LETTERS, settings),
    deadLetterPlan(CARE_DISCLOSURE_DEAD_LETTERS, settings),
  ];
}

function compacted(name: string, partitions: number, settings: TopicSettings): TopicPlan {
  return {
    name,
    partitions,
    replication: settings.topicReplication,
    settings: {
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': String(settings.topicMinCompactionLagMs),
      'max.compaction.lag.ms': String(settings.topicMaxCompactionLagMs),
      'segment.ms': String(settings.topicSegmentMs),
      'delete.retention.ms': String(settings.topicDeleteRetentionMs),
    },
  };
}

// One partition: what is told here is told in one order.
function kept(name: string, retention: string, settings: TopicSettings): TopicPlan {
  return {
    name,
    partitions: 1,
    replication: settings.topicReplication,
    settings: { 'cleanup.policy': 'delete', 'retention.ms': retention },
  };
}
