import { names } from '@caremesh/contract';
import { Inject, Injectable } from '@nestjs/common';
import { Access } from '../broker/access.js';
import {
  careDisclosureRules,
  domainRules,
  disclosureRules,
  monitorRules,
} from '../broker/access-rules.js';
import type { AccessRule } from '../broker/access-rules.js';
import { productTopicPlan } from '../broker/topic-plan.js';
import { Topics } from '../broker/topics.js';
import { Domains } from '../domains/domains.js';
import { IdentityClients } from '../identity/identity-clients.js';
import type { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { schemaTextOf } from '../proposals/versions.js';
import { Registry } from '../registry/registry.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

/** What carrying out a version left behind, outside the database. */
export type Carried = {
  schemaId: number;
  secondarySchemaId: number | null;
  subjects: { subject: string; schemaId: number }[];
  topics: string[];
  rules: AccessRule[];
};

/** The steps by which an approved version becomes real. Each can be done again and leaves the same. */
@Injectable()
export class CarryOut {
  readonly #registry: Registry;
  readonly #topics: Topics;
  readonly #access: Access;
  readonly #identity: IdentityClients;
  readonly #domains: Domains;
  readonly #settings: Settings;

  constructor(
    registry: Registry,
    topics: Topics,
    access: Access,
    identity: IdentityClients,
    domains: Domains,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#registry = registry;
    this.#topics = topics;
    this.#access = access;
    this.#identity = identity;
    this.#domains = domains;
    this.#settings = settings;
  }

  /**
   * Schema under each subject first, because the registry's verdict decides; then topics, then access: nobody
   * may write before there is something to write by. Throws as the registry, the broker and identity answer.
   */
  async version(proposal: ProposalEntity, content: VersionContentEntity): Promise<Carried> {
    const topics = editionsOf(proposal, content);
    const schema = schemaTextOf(content);
    const subjects: Carried['subjects'] = [];
    for (const topic of topics) {
      const subject = names.subjectOf(topic);
      subjects.push({ subject, schemaId: await this.#registry.register(subject, schema) });
    }
    await this.#topics.stand(topics.map((topic) => productTopicPlan(topic, this.#settings)));
    const rules = [
      ...domainRules(proposal.domain),
      ...disclosureRules(topics.slice(1)),
      ...careDisclosureRules(topics.slice(0, 1)),
      ...monitorRules(topics.slice(0, 1)),
    ];
    await this.#domains.holdQuota(proposal.domain);
    await this.#access.permit(rules);
    await this.#identity.enableDomain(proposal.domain);
    const [schemaId = 0, secondarySchemaId = null] = subjects.map((one) => one.schemaId);
    return { schemaId, secondarySchemaId, subjects, topics, rules };
  }
}

// The secondary edition exists only where the contract allows more than individual care.
function editionsOf({ product, major }: ProposalEntity, { contract }: VersionContentEntity) {
  const isSecondary = contract.purposes.some((purpose) => purpose !== 'individual-care');
  const topic = names.productTopic(product, major);
  return isSecondary ? [topic, names.secondaryTopic(product, major)] : [topic];
}
