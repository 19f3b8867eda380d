import { names } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { insert } from '../database/store.js';
import { OutboxEventEntity } from './outbox.entity.js';

/** What can be told. Consumers treat an event as a hint and read the state from the API. */
export type GovernanceEventType =
  | 'proposal.proposed'
  | 'proposal.approved'
  | 'proposal.refused'
  | 'proposal.changes-requested'
  | 'proposal.withdrawn'
  | 'proposal.commented'
  | 'proposal.overdue'
  | 'cover.given'
  | 'cover.ended'
  | 'domain.accepted'
  | 'version.published'
  | 'version.failed'
  | 'version.deprecated'
  | 'version.retired'
  | 'grant.notice-given'
  | 'grant.major-retired'
  | 'grant.requested'
  | 'grant.approved'
  | 'grant.refused'
  | 'grant.changes-requested'
  | 'grant.revised'
  | 'grant.extension-asked'
  | 'grant.extended'
  | 'grant.extension-refused'
  | 'grant.extension-changes-requested'
  | 'grant.extension-withdrawn'
  | 'grant.amended'
  | 'grant.expiring'
  | 'grant.review-due'
  | 'grant.reviewed'
  | 'grant.break-glass'
  | 'grant.version-published'
  | 'grant.unused'
  | 'grant.withdrawn'
  | 'grant.activated'
  | 'grant.suspended'
  | 'grant.renewed'
  | 'grant.expired'
  | 'grant.revoked'
  | 'standard.proposed'
  | 'standard.approved'
  | 'standard.refused'
  | 'standard.withdrawn'
  | 'standard.superseded'
  | 'waiver.proposed'
  | 'waiver.approved'
  | 'waiver.refused'
  | 'waiver.withdrawn'
  | 'waiver.ended'
  | 'waiver.expired'
  | 'agreement.proposed'
  | 'agreement.approved'
  | 'agreement.refused'
  | 'agreement.withdrawn'
  | 'agreement.superseded'
  | 'agreement.ended'
  | 'agreement.expired'
  | 'grant-policy.proposed'
  | 'grant-policy.approved'
  | 'grant-policy.refused'
  | 'grant-policy.withdrawn'
  | 'grant-policy.superseded'
  | 'grant-policy.ended'
  | 'grant-policy.expired'
  | 'grant.pseudonyms-changing'
  | 'grant.pseudonyms-changed'
  | 'grant.former-view-ended'
  | 'pseudonym-key.proposed'
  | 'pseudonym-key.approved'
  | 'pseudonym-key.refused'
  | 'pseudonym-key.withdrawn'
  | 'pseudonym-key.superseded'
  | 'drift.repaired'
  | 'drift.reported'
  | 'drift.cleared'
  | 'conformance.breached'
  | 'conformance.restored'
  | 'health.breached'
  | 'health.recovered'
  | 'retention.extension-proposed'
  | 'retention.extended'
  | 'retention.extension-refused'
  | 'retention.extension-ended';

/** An event of governance: what happened to what. Carries no person's data. */
export type GovernanceEvent = {
  type: GovernanceEventType;
  /** `proposal:<id>`, `grant:<id>`, `domain:<name>`, `standard:<id>`, `waiver:<id>`. */
  subject: string;
  data: Record<string, unknown>;
};

/**
 * What a grant's recipient is told on a topic of their own, and in which words where the event has none (`sentence`). The
 * rest concerns those who decide, or happens while the recipient may read nothing.
 */
const TO_RECIPIENTS: Partial<Record<GovernanceEventType, string>> = {
  'grant.activated': 'The grant is active: its topics can be read.',
  'grant.extended': 'The grant has the later end that was asked for.',
  'grant.extension-refused': 'The later end that was asked for is refused.',
  'grant.amended': 'Another grant takes the place of this one, which ends on the day named here.',
  'grant.expiring': 'The grant ends soon.',
  'grant.review-due': 'The review of the grant is due.',
  'grant.unused': 'Nothing was read under the grant for a long time.',
  'grant.version-published': 'A new version of a product of the grant is published.',
  'grant.notice-given': 'A major version of a product of the grant is to be retired.',
  'grant.major-retired': 'A major version of a product of the grant is retired.',
  'grant.pseudonyms-changing': 'The pseudonyms of the grant are about to change, by decision.',
  'grant.pseudonyms-changed': 'The views under other pseudonyms can be read.',
  'grant.former-view-ended': 'A view under former pseudonyms is no longer read.',
};

/** Events waiting to be told, written in the transaction of what they tell of: commit first, then tell. */
@Injectable()
export class Outbox {
  async tell(em: EntityManager, event: GovernanceEvent): Promise<void> {
    const common = { createdAt: new Date(), sentAt: null };
    const rows = [{ ...event, ...common, topic: null }, ...toRecipient(event, common)];
    await insert(em, OutboxEventEntity, rows);
  }
}

function toRecipient(event: GovernanceEvent, common: { createdAt: Date; sentAt: null }) {
  const words = TO_RECIPIENTS[event.type];
  const [kind, id = ''] = event.subject.split(':');
  if (kind !== 'grant' || words === undefined) return [];
  const data = { sentence: words, ...event.data };
  return [{ ...event, ...common, data, topic: names.noticesTopic(id) }];
}
