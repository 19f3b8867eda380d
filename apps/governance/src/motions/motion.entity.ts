import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MotionState } from './lifecycle.js';

/** What can be put to the leads besides a version of a product. */
export type MotionKind = 'standard' | 'waiver' | 'agreement' | 'grant-policy' | 'pseudonym-key';

/** Something proposed to the governance leads, with the decision on it. */
@Entity('motion')
@Index('motion_by_subject', ['kind', 'subject'])
@Index('motion_by_state', ['kind', 'state'])
export class MotionEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  kind!: MotionKind;

  /** The standard's key, the product the waiver is for, the reference of the agreement, `grants` for their policy, or the recipient whose pseudonyms are to change. */
  @Column({ type: 'text' })
  subject!: string;

  @Column({ type: 'jsonb' })
  content!: object;

  /** What a decision names: the hash of `content`. */
  @Column({ name: 'content_hash', type: 'text' })
  contentHash!: string;

  /** Hash of what it would replace; null if there was nothing. */
  @Column({ name: 'based_on', type: 'text', nullable: true })
  basedOn!: string | null;

  @Column({ type: 'text' })
  state!: MotionState;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ name: 'proposed_by', type: 'text' })
  proposedBy!: string;

  @Column({ type: 'text', nullable: true })
  team!: string | null;

  @Column({ type: 'boolean', default: false })
  demonstration!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;

  @Column({ name: 'decided_by', type: 'text', nullable: true })
  decidedBy!: string | null;

  @Column({ name: 'decided_role', type: 'text', nullable: true })
  decidedRole!: string | null;

  @Column({ name: 'decision_reason', type: 'text', nullable: true })
  decisionReason!: string | null;

  @Column({ name: 'decided_at', type: 'timestamptz', precision: 3, nullable: true })
  decidedAt!: Date | null;

  /** The first moment at which it holds no more; null for what holds until it is replaced. */
  @Column({ name: 'ends_at', type: 'timestamptz', precision: 3, nullable: true })
  endsAt!: Date | null;
}
