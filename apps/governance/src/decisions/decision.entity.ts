import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const DECISIONS = ['approve', 'refuse', 'changes'] as const;
export type DecisionKind = (typeof DECISIONS)[number];

/** One person's decision, in one role, on one content. Never changed. */
@Entity('decision')
@Index('decision_by_proposal', ['proposalId'])
export class DecisionEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'proposal_id', type: 'text' })
  proposalId!: string;

  @Column({ type: 'text' })
  decision!: DecisionKind;

  @Column({ type: 'text' })
  role!: string;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ name: 'content_hash', type: 'text' })
  contentHash!: string;

  @Column({ name: 'decided_by', type: 'text' })
  decidedBy!: string;

  @Column({ type: 'text', nullable: true })
  team!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
