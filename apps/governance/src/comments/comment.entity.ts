import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What somebody said about a proposal. Never changed. */
@Entity('proposal_comment')
@Index('proposal_comment_by_proposal', ['proposalId', 'at'])
export class CommentEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'proposal_id', type: 'text' })
  proposalId!: string;

  @Column({ type: 'text' })
  author!: string;

  /** Path in the version's files that it is about; null for the whole. */
  @Column({ type: 'text', nullable: true })
  path!: string | null;

  @Column({ type: 'text' })
  text!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
