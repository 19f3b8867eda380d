import type { Purpose } from '@caremesh/contract';
import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { Quota } from '../broker/quotas.js';
import type { GrantTerms } from './asking/terms.js';
import type { GrantState } from './lifecycle.js';

/** One decision a grant needs, in order; decided when `by` is set. */
export type GrantStep = { role: string; by: string | null; at: string | null };

/** UK GDPR article 6 and article 9 conditions, and the route through the common law of confidence. */
export type GrantLegalBasis = { article6: string; article9: string; commonLaw: string };

/** Papers that may be renewed with a later end; whatever else is to be otherwise makes another grant. */
export const RENEWED_TERMS = ['agreement', 'dpia', 'dspt', 'reviewOn'] as const;
export type RenewedTerm = (typeof RENEWED_TERMS)[number];

/** A later end, asked for and not decided yet: its steps are decided as those of the grant were. */
export type GrantExtension = {
  until: string;
  endsAt: string;
  /** What is to be otherwise in the terms with it; an extension asked for before this was kept has none. */
  terms?: Pick<GrantTerms, RenewedTerm>;
  reason: string;
  askedBy: string;
  /** The team they were on then; an extension asked for before this was kept has none. */
  team?: string | null;
  askedAt: string;
  steps: GrantStep[];
  /** What its deciders attached, which holds with the later end and not without it. */
  conditions?: NonNullable<GrantTerms['conditions']>;
  quota?: Quota;
};

/** Access taken in an emergency: by when the guardian looks at it, and what they found. */
type BreakGlass = {
  reviewBy: string;
  review: { outcome: ReviewOutcome; by: string; at: string; reason: string } | null;
};
type ReviewOutcome = 'justified' | 'not-justified';

/** Somebody's permission to read products for one purpose until one day. */
@Entity('access_grant')
@Index('access_grant_by_state', ['state'])
export class GrantEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  state!: GrantState;

  @Column({ type: 'text' })
  kind!: 'individual-care' | 'view';

  @Column({ type: 'text' })
  purpose!: Purpose;

  @Column({ name: 'legal_basis', type: 'jsonb' })
  legalBasis!: GrantLegalBasis;

  @Column({ type: 'text' })
  organisation!: string;

  /** The domain whose service reads (`domain-<name>`), in groups of its own; null if only holders of its credentials do. */
  @Column({ type: 'text', nullable: true })
  consumer!: string | null;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ name: 'requested_by', type: 'text' })
  requestedBy!: string;

  @Column({ type: 'text', nullable: true })
  team!: string | null;

  /** As the requester wrote them: a day, or a moment, that in UTC. */
  @Column({ name: 'from_text', type: 'text' })
  from!: string;

  @Column({ name: 'until_text', type: 'text' })
  until!: string;

  @Column({ name: 'starts_at', type: 'timestamptz', precision: 3 })
  startsAt!: Date;

  /** The first moment at which nothing may be read any more. */
  @Column({ name: 'ends_at', type: 'timestamptz', precision: 3 })
  endsAt!: Date;

  @Column({ type: 'jsonb' })
  steps!: GrantStep[];

  @Column({ type: 'boolean', default: false })
  demonstration!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'activated_at', type: 'timestamptz', precision: 3, nullable: true })
  activatedAt!: Date | null;

  @Column({ name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true })
  endedAt!: Date | null;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ name: 'next_attempt_at', type: 'timestamptz', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  failure!: string | null;

  /** What its principal may use of the broker, as decided; null in a grant made before there were quotas. */
  @Column({ type: 'jsonb', nullable: true })
  quota!: Quota | null;

  /** Whatever was agreed beside purpose, fields and period. */
  @Column({ type: 'jsonb', default: {} })
  terms!: GrantTerms;

  /** What was asked, or is being drafted, word for word; null in a grant made before there were drafts. */
  @Column({ type: 'jsonb', nullable: true })
  asked!: object | null;

  /** The grant this one takes the place of once it is active. */
  @Column({ type: 'text', nullable: true })
  amends!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  extension!: GrantExtension | null;

  /** The role that suspended it, while it is suspended. */
  @Column({ name: 'suspended_as', type: 'text', nullable: true })
  suspendedAs!: string | null;

  @Column({ name: 'break_glass', type: 'jsonb', nullable: true })
  breakGlass!: BreakGlass | null;
}

/** One product of a grant: what of it is granted, and the topic on which it is read. */
@Entity('grant_product')
@Index('grant_product_by_product', ['product', 'major'])
export class GrantProductEntity {
  @PrimaryColumn({ name: 'grant_id', type: 'text' })
  grantId!: string;

  @PrimaryColumn({ type: 'text' })
  product!: string;

  @PrimaryColumn({ type: 'integer' })
  major!: number;

  @Column({ type: 'text', array: true })
  fields!: string[];

  @Column({ type: 'text' })
  topic!: string;

  /** Of the recipient's pseudonym key that the view is made under. */
  @Column({ type: 'integer', default: 1 })
  generation!: number;

  /** The view's registered schema; null for individual care and until it is registered. */
  @Column({ name: 'view_schema_id', type: 'integer', nullable: true })
  viewSchemaId!: number | null;

  @Column({ type: 'boolean', default: false })
  ready!: boolean;
}

/** A line of the grant's timeline that everybody who sees the grant can read. */
@Entity('grant_event')
@Index('grant_event_by_grant', ['grantId'])
export class GrantEventEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column({ name: 'grant_id', type: 'text' })
  grantId!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column({ type: 'text' })
  event!: string;

  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'text' })
  role!: string;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;
}

/** What a grant's people have been told once and are not told again, such as a reminder or a new version. */
@Entity('grant_told')
export class GrantToldEntity {
  @PrimaryColumn({ name: 'grant_id', type: 'text' })
  grantId!: string;

  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
