import { names } from '@caremesh/contract';
import { Inject, Injectable } from '@nestjs/common';
import {
  MONITOR,
  careDisclosureRules,
  closingRules,
  disclosureRules,
  domainRules,
  governanceRules,
  grantRules,
  monitorRules,
  noticeRules,
  outputPortRules,
  portable,
  sealerRules,
  toldOn,
} from '../broker/access-rules.js';
import type { AccessRule } from '../broker/access-rules.js';
import type { Quota } from '../broker/quotas.js';
import { domainQuota, grantQuota, monitorQuota } from '../broker/quota-plan.js';
import {
  meshTopicPlans,
  productTopicPlan,
  viewTopicPlan,
  toldTopicPlan,
} from '../broker/topic-plan.js';
import type { TopicPlan } from '../broker/topic-plan.js';
import { Store } from '../database/store.js';
import { DomainEntity } from '../domains/domain.entity.js';
import { GRANTED_STATES, isOneOf } from '../grants/lifecycle.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

/** Everything that stands because somebody decided it. */
export type Decided = {
  domains: string[];
  /** Has to stand. */
  rules: AccessRule[];
  /** May stand: what is being carried out at this moment. */
  permitted: AccessRule[];
  topics: TopicPlan[];
  /** May stand: topics of majors that retired and of grants that ended. */
  permittedTopics: string[];
  subjects: string[];
  /** May stand: subjects of what ended, or is being carried out. */
  permittedSubjects: string[];
  /** Subjects that are about to get a version. */
  carrying: string[];
  /** Has to stand, per principal. */
  quotas: Map<string, Quota>;
  /** Principals that may have a quota already. */
  permittedQuotas: string[];
};

type GrantRow = {
  id: string;
  kind: 'individual-care' | 'view';
  state: 'approved' | 'active' | 'ended';
  quota: Quota | null;
  consumer: string | null;
  topics: string[];
  /** May be read: a view of a new generation that is being made, a former one that is being ended. */
  may: string[];
  /** Of retired majors, and views that another took the place of: not read any more. */
  retired: string[];
};
type MajorRow = {
  topic: string;
  secondary: string | null;
  domain: string;
  retired: boolean;
  /** Retired, and readers have been shut out; and so has the domain itself. */
  closed: boolean;
  denied: boolean;
};

/** Reads from the database what was decided: the one place that turns decisions into rules, topics and subjects. */
@Injectable()
export class DecidedState {
  readonly #store: Store;
  readonly #settings: Settings;

  constructor(store: Store, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#settings = settings;
  }

  async read(): Promise<Decided> {
    // Before the majors: what is published in between is then in both lists; the other way round it would be in none.
    const carrying = await this.#carrying();
    const domains = await this.#store.reader.find(DomainEntity, { order: { name: 'ASC' } });
    const majors = await this.#majors();
    const grants = await this.#grants();
    const standing = majors.filter(({ retired }) => !retired);
    const active = grants.filter(({ state }) => state === 'active');
    const editions = editionsOf(standing);
    const views = active.flatMap(({ topics }) => topics.filter(isView));
    // A grant is told of, and what ended in a view, for as long as it is, though the view itself may be of a retired major.
    const told = (all: GrantRow[]) =>
      all.flatMap(({ id, topics, retired: gone }) => toldOn(id, [...topics, ...gone]));
    const ended = [
      ...editionsOf(majors),
      ...grants.flatMap(({ topics, may, retired: gone }) =>
        [...topics, ...may, ...gone].filter(isView),
      ),
      ...told(grants),
      ...grants.flatMap(({ id, may }) => toldOn(id, may)),
    ];
    return {
      domains: domains.map(({ name }) => name),
      ...this.#rules(domains, majors, grants, carrying),
      topics: [
        ...meshTopicPlans(this.#settings),
        ...editions.map((topic) => productTopicPlan(topic, this.#settings)),
        ...views.map((topic) => viewTopicPlan(topic, this.#settings)),
        ...told(active).map((topic) => toldTopicPlan(topic, this.#settings)),
      ],
      permittedTopics: [...ended, ...carrying.flatMap(editionsOfCarrying)],
      subjects: [...editions, ...views].map(names.subjectOf),
      permittedSubjects: [
        ...ended,
        ...carrying.flatMap(editionsOfCarrying),
        names.GOVERNANCE_EVENTS_TOPIC,
      ].map(names.subjectOf),
      carrying: carrying.flatMap(editionsOfCarrying).map(names.subjectOf),
      ...this.#quotas(domains, grants),
    };
  }

  #rules(domains: DomainEntity[], majors: MajorRow[], grants: GrantRow[], carrying: Carrying[]) {
    const live = grants.filter(({ state }) => state !== 'ended');
    const standing = majors.filter(({ retired }) => !retired);
    // Retired a moment ago: the rules are about to be taken away, or set.
    const closing = majors.filter(({ retired, closed }) => retired && !closed);
    const secondariesOf = (of: MajorRow[]) => of.flatMap(({ secondary }) => secondary ?? []);
    const topicsOf = (of: MajorRow[]) => of.map(({ topic }) => topic);
    const denying = (of: MajorRow[]) =>
      of.flatMap((major) => closingRules(major.domain, editionsOf([major])));
    return {
      rules: [
        ...domains.filter(isStanding).flatMap(({ name }) => domainRules(name)),
        ...governanceRules(),
        ...sealerRules(),
        ...disclosureRules(secondariesOf(standing)),
        ...careDisclosureRules(topicsOf(standing)),
        ...outputPortRules(
          live
            .filter(({ state }) => state === 'active')
            .flatMap(({ kind, topics }) => portable(kind, topics)),
        ),
        ...monitorRules(topicsOf(standing)),
        ...denying(majors.filter(({ denied }) => denied)),
        ...live
          .filter(({ state }) => state === 'active')
          .flatMap(({ id, topics, consumer }) => [
            ...grantRules(id, topics, consumer),
            ...noticeRules(id),
          ]),
      ],
      permitted: [
        ...domains.flatMap(({ name }) => domainRules(name)),
        ...disclosureRules(
          carrying.map(({ product, major }) => names.secondaryTopic(product, major)),
        ),
        ...[careDisclosureRules, monitorRules].flatMap((rulesOn) =>
          rulesOn(carrying.map(({ product, major }) => names.productTopic(product, major))),
        ),
        ...live.flatMap(({ id, topics, may, consumer }) => [
          ...grantRules(id, [...topics, ...may], consumer),
          ...noticeRules(id),
        ]),
        ...outputPortRules(
          live.flatMap(({ kind, topics, may, retired }) =>
            portable(kind, [...topics, ...may, ...retired]),
          ),
        ),
        ...disclosureRules(secondariesOf(closing)),
        ...careDisclosureRules(topicsOf(closing)),
        ...monitorRules(topicsOf(closing)),
        ...live.flatMap(({ id, retired, consumer }) =>
          grantRules(id, retired, consumer).filter(
            ({ name }) => closing.length > 0 || toldOn(id, retired).includes(name),
          ),
        ),
        ...denying(majors.filter(({ retired }) => retired)),
      ],
    };
  }

  #quotas(domains: DomainEntity[], grants: GrantRow[]) {
    const ofGrant = ({ id, quota }: GrantRow) =>
      [names.grantPrincipal(id), quota ?? grantQuota(this.#settings)] as const;
    const ofDomain = ({ name, quota }: DomainEntity) =>
      [names.domainPrincipal(name), quota ?? domainQuota(this.#settings)] as const;
    const live = grants.filter(({ state }) => state !== 'ended');
    return {
      quotas: new Map<string, Quota>([
        [MONITOR, monitorQuota(this.#settings)],
        ...domains.filter(isStanding).map(ofDomain),
        ...live.filter(({ state }) => state === 'active').map(ofGrant),
      ]),
      permittedQuotas: [
        ...domains.map(({ name }) => names.domainPrincipal(name)),
        // Of one that ended too: what it left waiting at the broker is cut off by a quota of next to nothing.
        ...grants.map(({ id }) => names.grantPrincipal(id)),
      ],
    };
  }

  #majors(): Promise<MajorRow[]> {
    return this.#store.reader.query<MajorRow[]>(
      `SELECT m.topic, m.secondary_topic AS secondary, p.domain, m.status = 'retired' AS retired,
              m.closed_at IS NOT NULL AS closed, m.denied_at IS NOT NULL AS denied
         FROM product_major m JOIN product p ON p.id = m.product
        WHERE m.emptied_at IS NULL OR m.denied_at IS NOT NULL ORDER BY m.topic`,
    );
  }

  // A grant whose last credential was ended has nobody who may read: its rules may stand, as before it was active.
  // A grant that was ever approved may have left a topic and a subject behind: both stay, unread.
  #grants(): Promise<GrantRow[]> {
    return this.#store.reader.query<GrantRow[]>(
      `SELECT g.id, g.kind, g.quota, g.consumer,
              coalesce(array_agg(p.topic ORDER BY p.topic)
                FILTER (WHERE p.standing = 'stands' AND m.status IS DISTINCT FROM 'retired'), '{}') AS topics,
              coalesce(array_agg(p.topic) FILTER (WHERE p.standing = 'may'), '{}') AS may,
              coalesce(array_agg(p.topic) FILTER (WHERE p.standing = 'gone' OR m.status = 'retired'), '{}') AS retired,
              CASE WHEN g.state NOT IN ('approved', 'active') OR g.ends_at <= now() THEN 'ended'
                   WHEN g.consumer IS NULL AND EXISTS (SELECT 1 FROM credential c WHERE c.grant_id = g.id)
                    AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.grant_id = g.id AND c.ended_at IS NULL)
                   THEN 'approved' ELSE g.state END AS state
         FROM access_grant g JOIN (
           SELECT grant_id, topic, product, major,
                  CASE WHEN generation > 1 AND NOT ready THEN 'may' ELSE 'stands' END AS standing FROM grant_product
           UNION ALL
           SELECT grant_id, topic, product, major,
                  CASE WHEN ended_at IS NOT NULL THEN 'gone' WHEN until <= now() THEN 'may' ELSE 'stands' END
             FROM grant_former_view) p ON p.grant_id = g.id
         LEFT JOIN product_major m ON m.product = p.product AND m.major = p.major
        WHERE ${isOneOf('g.state', GRANTED_STATES)}
        GROUP BY g.id ORDER BY g.id`,
    );
  }

  #carrying(): Promise<Carrying[]> {
    return this.#store.reader.query<Carrying[]>(
      `SELECT DISTINCT product, major FROM proposal WHERE state IN ('approved', 'registering', 'failed')`,
    );
  }
}

type Carrying = { product: string; major: number };

function editionsOf(majors: readonly MajorRow[]): string[] {
  return majors.flatMap(({ topic, secondary }) => (secondary ? [topic, secondary] : [topic]));
}

function editionsOfCarrying({ product, major }: Carrying): string[] {
  return [names.productTopic(product, major), names.secondaryTopic(product, major)];
}

// Until then the registrar is about to set its rules: that they are missing is no drift.
function isStanding({ standingSince }: DomainEntity): boolean {
  return standingSince !== null;
}

function isView(topic: string): boolean {
  return names.parseTopic(topic)?.kind === 'view';
}
