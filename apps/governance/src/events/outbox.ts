import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
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

/** Events waiting to be told, written in the transaction of what they tell of: commit first, then tell. */
@Injectable()
export class Outbox {
  async tell(em: EntityManager, event: GovernanceEvent): Promise<void> {
    await em.insert(OutboxEventEntity, { ...event, createdAt: new Date(), sentAt: null } as never);
  }
}
